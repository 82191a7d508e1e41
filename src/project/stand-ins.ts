import type { ImageCapabilities, ModelId, VideoCapabilities } from '../spec/index.ts';
import type { Catalogue } from './choose-models.ts';
import type { FilmFormat, Settings } from './settings.ts';

const hasAll = <T>(list: readonly T[], wanted: readonly T[]): boolean => wanted.every((each) => list.includes(each));

function canFilm(can: VideoCapabilities, first: VideoCapabilities, { ratio, resolution, audio }: Settings): boolean {
  return (
    can.ratios.includes(ratio) &&
    (can.resolutions ?? ['720p']).includes(resolution) &&
    hasAll(can.durations, first.durations) &&
    (can.audio === true || !audio) &&
    can.lastFrame === first.lastFrame &&
    (can.references?.withFrames === true || first.references?.withFrames !== true)
  );
}

function canDraw(can: ImageCapabilities, { ratio, references }: Settings, conditioned: boolean): boolean {
  return can.ratios.includes(ratio) && (can.references ?? 0) >= Math.max(references.length, conditioned ? 1 : 0);
}

/** The models after the first of the lists that can make what was negotiated with the first. `conditioned`: stills are drawn from stills. */
export function standInsFor(catalogue: Catalogue, settings: Settings, conditioned: boolean): FilmFormat['standIns'] {
  const { image, video } = settings.models;
  const first = catalogue.get(video[0] as ModelId);
  const draws = (id: ModelId): boolean => {
    const entry = catalogue.get(id);
    return entry?.kind === 'image' && canDraw(entry.can, settings, conditioned);
  };
  const films = (id: ModelId): boolean => {
    const entry = catalogue.get(id);
    return entry?.kind === 'video' && first?.kind === 'video' && canFilm(entry.can, first.can, settings);
  };
  return { image: image.slice(1).filter(draws), video: video.slice(1).filter(films) };
}
