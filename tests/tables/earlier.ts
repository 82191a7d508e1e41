/** What a fork of the earlier system was asked for; scenes by their places from 0. */
export interface EarlierRequest {
  readonly total?: number;
  readonly clipSeconds?: number;
  readonly style?: true;
  readonly videoModel?: true;
  readonly deleted?: readonly number[];
  /** Scenes whose frames are drawn anew. */
  readonly cleared?: readonly number[];
  /** Fields that are edited, by scene. */
  readonly edits?: Readonly<Record<number, 'description' | 'frame' | 'motion'>>;
}

/** The film that is forked. */
export interface EarlierFilm {
  readonly scenes: number;
  readonly clipSeconds: number;
}

/** Where its fork goes on, and from which scene on nothing is kept. */
interface Resumed {
  readonly at: 'pending' | 'keyframing' | 'video' | 'stitching';
  readonly boundary: number;
}

/** What a fork of the earlier system buys. */
export interface EarlierWork {
  readonly scenes: number;
  readonly texts: number;
  readonly stills: number;
  readonly clips: number;
  /** Scenes that it draws frames for. */
  readonly drawn: number;
}

/** Its last rule: edits, cleared frames and gaps of deleted scenes, each by its new place. */
function byScene(request: EarlierRequest, scenes: number): Resumed {
  const { deleted = [], cleared = [], edits = {} } = request;
  const moved = (place: number): number => place - deleted.filter((gone) => gone < place).length;
  const edited = (field: string): number[] =>
    Object.keys(edits)
      .map(Number)
      .filter((place) => edits[place] === field);
  const frames = Math.min(scenes, ...[...deleted, ...cleared, ...edited('frame')].map(moved));
  const motion = Math.min(scenes, ...edited('motion').map(moved));
  if (frames < scenes) return { at: 'keyframing', boundary: frames };
  return motion < scenes ? { at: 'video', boundary: motion } : { at: 'stitching', boundary: scenes };
}

/** Its rules in their order; the first that fits counts. */
function resumed(film: EarlierFilm, request: EarlierRequest, scenes: number): Resumed {
  const { deleted = [], style, videoModel, clipSeconds } = request;
  const kept = film.scenes - deleted.length;
  if (deleted.length === 0 && scenes > film.scenes) return { at: 'keyframing', boundary: film.scenes };
  if (deleted.length === 0 && scenes < film.scenes) return { at: 'pending', boundary: 0 };
  if (style) return { at: 'pending', boundary: 0 };
  if (videoModel || clipSeconds !== undefined)
    return scenes > kept ? { at: 'keyframing', boundary: kept } : { at: 'video', boundary: scenes };
  return scenes > kept ? { at: 'keyframing', boundary: kept } : byScene(request, scenes);
}

/** What the earlier system bought for a fork, by the rules that it had. */
export function earlierWork(film: EarlierFilm, request: EarlierRequest): EarlierWork {
  const clipSeconds = request.clipSeconds ?? film.clipSeconds;
  const scenes = Math.ceil((request.total ?? film.scenes * film.clipSeconds) / clipSeconds);
  const { at, boundary } = resumed(film, request, scenes);
  const clips = scenes - boundary;
  const drawn = at === 'pending' || at === 'keyframing' ? clips : 0;
  const expands = scenes > film.scenes - (request.deleted?.length ?? 0);
  return {
    scenes,
    texts: at === 'pending' || expands ? 1 : 0,
    stills: drawn + (drawn > 0 && boundary === 0 ? 1 : 0),
    clips,
    drawn,
  };
}
