import type { ClipRecipe, KeyframeRecipe, PaidRecipe, RewriteRecipe } from './recipes.ts';
import { mergeRemedies, type MergedRemedy, remediedModel } from './remedies.ts';
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

/** All that remedies may ask for of a still or a clip; nothing for words, which have none. Pure. */
export function remediedTries(state: ProjectState, recipe: PaidRecipe): RemediedTries {
  const scene = 'sceneId' in recipe && state.scenes.find((record) => record.scene.id === recipe.sceneId)?.scene;
  if (!scene || !('remedy' in recipe)) return { remedied: [], rewrites: [], again: 0 };
  const { remedies, onRefused } = state.settings.safety;
  const isStill = recipe.recipe === 'keyframe/1';
  const standIns = state.film.standIns[isStill ? 'image' : 'video'];
  const own = remedies.filter((remedy) => isOwn(recipe, remedy) && (remedy.kind !== 'model' || standIns.length > 0));
  const merged = own.map((remedy): MergedRemedy => ({ body: { remedy }, words: REWRITTEN }));
  const remedied = merged.map((_, at): PaidRecipe => {
    const applied = merged.slice(0, at + 1);
    const model = remediedModel(standIns, applied, recipe.model);
    return { ...recipe, model, remedy: mergeRemedies(applied, isStill) };
  });
  const target = isStill ? `keyframe:${scene.id}:${recipe.position}` : `clip:${scene.id}`;
  const rewrites = own.flatMap((remedy, index) =>
    remedy.kind === 'rewrite' ? [rewriteRecipe(state, scene, { stepId: target, index, reasons: [] })] : [],
  );
  const frames = remedies.filter(
    (remedy) => remedy.kind === 'frame' && (!isStill || recipe.position === 'end' || remedy.which === 'start'),
  );
  return { remedied, rewrites, again: frames.length + (onRefused === 'skip' ? 1 : 0) };
}
