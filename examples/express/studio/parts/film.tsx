import type { ProjectView } from 'vidpipe';
import { api } from '../lib/api.ts';
import { isBlocked } from '../lib/scenes.ts';

/** The finished film. */
export function Film({ project }: { readonly project: ProjectView }) {
  const { id, filmAsset, scenes } = project;
  if (filmAsset === null || isBlocked(project, filmAsset)) return null;
  const poster = scenes.find(({ start }) => start !== null)?.start ?? null;
  return (
    <section aria-labelledby="film">
      <h2 id="film">Film</h2>
      <video
        key={filmAsset.digest}
        controls
        playsInline
        preload="metadata"
        aria-label="The film"
        src={api.assetUrl(id, filmAsset.digest)}
        {...(poster === null ? {} : { poster: api.assetUrl(id, poster.digest) })}
      />
      <p>
        <a className="button" href={api.filmUrl(id, { download: 'film.mp4' })}>
          Save the film
        </a>
      </p>
    </section>
  );
}
