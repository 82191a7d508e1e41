import type { ClipRecipe, KeyframeRecipe, PaidRecipe, RewriteRecipe } from './recipes.ts';
import { laterModels } from './model-lists.ts';
import { mergeRemedies, type MergedRemedy } from './remedies.ts';
import { rewriteRecipe } from './scene-recipes.ts';
import type { Remedy } from './settings.ts';
import type { ProjectState } from './state.ts';

/** What remedies may have bought beside a step's own tries, at most. */
export interface RemediedTries {
  /** What each remedy of its own makes of it. */
  readonly remedied: readonly PaidRecipe[];
  readonly rewrites: readonly RewriteRecipe[];
  /** Tries more, as its neighbours get new frames or are left out. */
  readonly again: number;
}

/** As long as a rewritten prompt may be. */
const REWRITTEN = 'x'.repeat(4000);

function isOwn(recipe: KeyframeRecipe | ClipRecipe, remedy: Remedy): boolean {
  return remedy.kind !== 'frame' || recipe.recipe === 'clip/1' || remedy.which === recipe.position;
}

/** How often the neighbours of a still or clip may have it made again: for new frames that they share, and where the scene before is left out. */
function againOf({ settings, scenes }: ProjectState, recipe: KeyframeRecipe | ClipRecipe, at: number): number {
  const { remedies, onRefused } = settings.safety;
  const skips = onRefused === 'skip';
  const count = (which: 'start' | 'end'): number =>
    remedies.filter((remedy) => remedy.kind === 'frame' && remedy.which === which).length;
  const joins = (place: number): boolean => place > 0 && (skips || scenes[place]?.scene.enters === 'continue');
  const left = skips ? 1 : 0;
  if (recipe.recipe === 'keyframe/1' && recipe.position === 'start') return count('start') + left;
  const fromNext = at + 1 < scenes.length && joins(at + 1) ? count('start') : 0;
  const fromBefore = recipe.recipe === 'keyframe/1' || joins(at) ? count('end') : 0;
  return fromBefore + fromNext + left;
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
  const merged = own.map((remedy): MergedRemedy => ({ body: { remedy }, words: REWRITTEN }));
  const remedied = merged.map((_, place): PaidRecipe => {
    const applied = merged.slice(0, place + 1);
    const moves = applied.filter(({ body }) => body.remedy.kind === 'model').length;
    const model = [recipe.model, ...later][moves] ?? recipe.model;
    return { ...recipe, model, remedy: mergeRemedies(applied, isStill) };
  });
  const rewrites = own.flatMap((remedy, index) =>
    remedy.kind === 'rewrite' ? [rewriteRecipe(state, scene, { stepId: target, index, reasons: [] })] : [],
  );
  return { remedied, rewrites, again: againOf(state, recipe, at) };
}
