import type { ImageCapabilities, ModelId, VideoCapabilities } from '../spec/index.ts';
import type { Catalogue } from './choose-models.ts';
import type { FilmFormat, Settings } from './settings.ts';

/** Whether a model can make clips as they were negotiated with the first; of its lengths, that one is the same. */
function canFilm(can: VideoCapabilities, first: VideoCapabilities, { ratio, resolution, audio }: Settings): boolean {
  return (
    can.ratios.includes(ratio) &&
    (can.resolutions ?? ['720p']).includes(resolution) &&
    can.durations.some((each) => first.durations.includes(each)) &&
    (can.audio === true || !audio) &&
    (can.lastFrame === true || first.lastFrame !== true) &&
    (can.references?.withFrames === true || first.references?.withFrames !== true)
  );
}

function canDraw(can: ImageCapabilities, { ratio, references }: Settings, conditioned: boolean): boolean {
  return can.ratios.includes(ratio) && (can.references ?? 0) >= Math.max(references.length, conditioned ? 1 : 0);
}

/** The models after the first of the lists that can make what was negotiated with the first. `conditioned`: stills are drawn from stills. */
export function standInsFor(
  catalogue: Catalogue,
  settings: Settings,
  conditioned: boolean,
): Pick<FilmFormat, 'standIns' | 'standInDurations'> {
  const { image, video } = settings.models;
  const first = catalogue.get(video[0] as ModelId);
  const draws = (id: ModelId): boolean => {
    const entry = catalogue.get(id);
    return entry?.kind === 'image' && canDraw(entry.can, settings, conditioned);
  };
  const filming = video.slice(1).flatMap((id) => {
    const entry = catalogue.get(id);
    if (entry?.kind !== 'video' || first?.kind !== 'video') return [];
    return canFilm(entry.can, first.can, settings) ? [[id, entry.can.durations] as const] : [];
  });
  return {
    standIns: { image: image.slice(1).filter(draws), video: filming.map(([id]) => id) },
    standInDurations: Object.fromEntries(filming),
  };
}
