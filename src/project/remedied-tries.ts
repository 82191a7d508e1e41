import type { ModelId } from '../spec/index.ts';
import type { ClipRecipe, KeyframeRecipe, PaidRecipe, RewriteRecipe } from './recipes.ts';
import { laterModels } from './model-lists.ts';
import type { RemedyRecipe } from './remedies.ts';
import { rewriteRecipe } from './scene-recipes.ts';
import type { Remedy } from './settings.ts';
import type { ProjectState } from './state.ts';

/** What remedies may have bought beside a step's own tries, at most. */
export interface RemediedTries {
  /** What each remedy of its own may make of it: the dearest counts. */
  readonly remedied: readonly (readonly PaidRecipe[])[];
  readonly rewrites: readonly RewriteRecipe[];
  /** Tries more, as its neighbours get new frames or are left out. */
  readonly again: number;
}

type SceneRecipe = KeyframeRecipe | ClipRecipe;

/** As long as a prompt may be that is written anew, in characters of most bytes. */
const REWRITTEN = '\u3042'.repeat(4000);
const PREFIXED = '\u3042'.repeat(2000);

function isOwn(recipe: SceneRecipe, remedy: Remedy): boolean {
  return remedy.kind !== 'frame' || recipe.recipe === 'clip/1' || remedy.which === recipe.position;
}

const longer = (one: string, other: string): string =>
  Buffer.byteLength(other) > Buffer.byteLength(one) ? other : one;

/** The longest request that any of the remedies can lead to: which of them help nobody knows. */
function longest(recipe: SceneRecipe, own: readonly Remedy[]): RemedyRecipe {
  const isStill = recipe.recipe === 'keyframe/1';
  const prefixes = own.map((remedy) => {
    if (remedy.kind === 'custom') return PREFIXED;
    return remedy.kind === 'prefix' || remedy.kind === 'frame' ? (remedy.text ?? '') : '';
  });
  const prompts = own.map((remedy) => {
    if (remedy.kind === 'custom' || remedy.kind === 'rewrite') return REWRITTEN;
    return isStill && remedy.kind === 'frame' ? remedy.prompt : '';
  });
  const scene = isStill ? recipe.prompt : recipe.motionPrompt;
  const prefix = prefixes.reduce(longer, '');
  return { nth: own.length, prefix, prompt: prompts.reduce(longer, scene), rewritten: false };
}

/** The models that may make a step once the first of its remedies were applied. */
function modelsAfter(models: readonly ModelId[], applied: readonly Remedy[]): readonly ModelId[] {
  if (applied.some(({ kind }) => kind === 'custom')) return models;
  return models.slice(0, 1 + applied.filter(({ kind }) => kind === 'model').length);
}

/** How many scenes of its chain go before a scene. */
function chainedBefore(scenes: ProjectState['scenes'], at: number): number {
  let first = at;
  while (first > 0 && scenes[first]?.scene.enters === 'continue') first -= 1;
  return at - first;
}

/**
 * How often the neighbours of a still or clip may have it made again. Each new frame counts once: those that clips on both sides ask for, and, where
 * refused scenes are left out, the last frames of all scenes before it, any of which may come to stand before it, and its own first one.
 */
function againOf({ settings, scenes, film }: ProjectState, recipe: SceneRecipe, at: number): number {
  const { remedies, onRefused } = settings.safety;
  const skips = onRefused === 'skip';
  const count = (which: 'start' | 'end'): number =>
    remedies.filter((remedy) => remedy.kind === 'frame' && remedy.which === which).length;
  const [start, end] = [count('start'), count('end')];
  const joins = (place: number): boolean => skips || scenes[place]?.scene.enters === 'continue';
  const after = scenes.length - 1 - at;
  const followers = after > 0 && joins(at + 1) ? (skips ? after : 1) : 0;
  if (recipe.recipe === 'keyframe/1') return recipe.position === 'start' ? start : end + start * followers;
  const before = skips ? at : chainedBefore(scenes, at);
  if (film.seams === 'from-clip') return start * (before + followers) + (skips && at > 0 ? 1 : 0);
  return start * followers + (skips ? before * (1 + start + end) : before > 0 ? end : 0);
}

/** All that remedies may ask for of a still or a clip; nothing for words, which have none. Pure. */
export function remediedTries(state: ProjectState, recipe: PaidRecipe): RemediedTries {
  const at = 'remedy' in recipe ? state.scenes.findIndex(({ scene }) => scene.id === recipe.sceneId) : -1;
  const scene = state.scenes[at]?.scene;
  if (scene === undefined || !('remedy' in recipe)) return { remedied: [], rewrites: [], again: 0 };
  const { remedies } = state.settings.safety;
  const isStill = recipe.recipe === 'keyframe/1';
  const target = isStill ? `keyframe:${scene.id}:${recipe.position}` : `clip:${scene.id}`;
  const later = laterModels(state, target, recipe.model);
  const own = remedies.filter((remedy) => isOwn(recipe, remedy) && (remedy.kind !== 'model' || later.length > 0));
  const remedy = longest(recipe, own);
  const models = [recipe.model, ...later];
  const remedied = own.map((_, place): readonly PaidRecipe[] =>
    modelsAfter(models, own.slice(0, place + 1)).map((model) => ({ ...recipe, model, remedy })),
  );
  const rewrites = own.flatMap((each, index) =>
    each.kind === 'rewrite' ? [rewriteRecipe(state, scene, { stepId: target, index, reasons: [] })] : [],
  );
  return { remedied, rewrites, again: againOf(state, recipe, at) };
}
