import type { Digest } from '../spec/index.ts';
import type { MadeAsset } from './made-asset.ts';
import type { FilmFormat, Settings, Warning } from './settings.ts';
import type { Scene, SceneAudio, SceneWords } from './storyboard.ts';

/** Words of a scene that are changed, how it enters, its length in seconds. `audio: null`: none any more. */
export type EditedWords = Partial<Omit<Scene, 'id' | 'audio'>> & { readonly audio?: SceneAudio | null };

/** One take of a step, named by what the log has of it. */
export interface TakeRef {
  readonly fingerprint: string;
  readonly ordinal: number;
  readonly digest: Digest;
}

/** Bodies of events that users' changes make, and of those that fulfil them. */
export interface ChangeBodies {
  /** The user changed settings; `film` and `warnings` are there where the models had to agree anew. */
  'settings.changed': {
    readonly settings: Partial<Settings>;
    readonly film?: FilmFormat;
    readonly warnings?: readonly Warning[];
  };
  /** The user changed words of a scene, how it enters or its length; `audio: null` takes its sound away. */
  'scene.edited': { readonly sceneId: string; readonly words: EditedWords };
  /** The user took a scene out of the film. What was made of it stays in the log. */
  'scene.removed': { readonly sceneId: string };
  /** The user put a scene before another one (`null`: at the end). */
  'scene.moved': { readonly sceneId: string; readonly before: string | null };
  /** The user's own scenes, put before scene `before` (`null`: at the end). */
  'scenes.supplied': { readonly scenes: readonly Scene[]; readonly before: string | null };
  /** The user wants `lengths.length` more scenes before scene `before` (`null`: at the end); with `rewrites` those scenes written anew in their places. */
  'scenes.requested': {
    readonly requestId: string;
    readonly lengths: readonly number[];
    readonly before: string | null;
    readonly direction: string | null;
    readonly rewrites?: readonly string[];
  };
  /** The user wants one more take of a step as it is now; what was chosen or held for it is let go. */
  'take.requested': { readonly stepId: string; readonly fingerprint: string };
  /** The user chose a take of a step for as long as its recipe is `fingerprint`. */
  'take.selected': { readonly stepId: string; readonly fingerprint: string; readonly take: TakeRef };
  /**
   * The user wants a frame or clip to stay, whatever recipe the step has: until its own words change, or another take is asked for. `clip`: it is
   * one, and stays as long as it has these frames and its scene this length. `first`: only where the scene is the first one.
   */
  'artifact.kept': {
    readonly stepId: string;
    readonly take: TakeRef;
    readonly made: MadeAsset;
    /** The call that it comes from; `null` where it was made here or supplied. */
    readonly madeBy: string | null;
    readonly clip: { readonly start: Digest | null; readonly end: Digest | null; readonly seconds: number } | null;
    readonly first: boolean;
  };
  /** The user's own frame or clip, kept in the same way; frames that change do not end it. */
  'artifact.supplied': { readonly stepId: string; readonly made: MadeAsset };
  /** What was kept or supplied for a step is let go. */
  'artifact.released': { readonly stepId: string };
  /** Scenes that the user wanted to be written anew have new words; in the order of the request. */
  'scenes.rewritten': {
    readonly run: string;
    readonly requestId: string;
    readonly callId: string;
    readonly attempt: number;
    readonly scenes: readonly SceneWords[];
  };
}
