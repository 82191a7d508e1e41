import type { PaidRecipe } from '../project/recipes.ts';
import type { KnownStep } from '../project/steps.ts';
import type { ProjectState } from '../project/state.ts';
import { knownStepAt } from '../project/state.ts';
import { clipAsk } from '../stages/clips.ts';
import { keyframeAsk } from '../stages/pictures.ts';
import type { Ask } from '../stages/requests.ts';
import { rewriteAsk } from '../stages/rewriting.ts';
import { scenesAsk, type Standing, storyboardAsk } from '../stages/writing.ts';

function standing(state: ProjectState): Standing {
  const { prompt, style, ratio } = state.settings;
  const styleGuide = state.styleGuide ?? { visualStyle: '', colorPalette: '', cameraStyle: '' };
  return {
    prompt,
    style,
    ratio,
    styleGuide,
    characters: state.characters,
    scenes: state.scenes.map(({ scene }) => scene),
  };
}

/** What a step asks of its model now. */
export function askOf(state: ProjectState, step: KnownStep, recipe: PaidRecipe): Ask {
  const { seed } = state.settings;
  const tries = knownStepAt(state, step.id, step.fingerprint)?.faults ?? [];
  if (recipe.recipe === 'storyboard/1') return storyboardAsk(recipe, seed, tries);
  if (recipe.recipe === 'scenes/1') {
    const before = state.requests.get(recipe.requestId)?.asked.before ?? null;
    return scenesAsk(recipe, { ...standing(state), before }, seed, tries);
  }
  if (recipe.recipe === 'rewrite/1') return rewriteAsk(recipe, seed, tries);
  if (recipe.recipe === 'keyframe/1')
    return keyframeAsk(recipe, { seed, ordinal: step.ordinal, condition: step.condition });
  return clipAsk(recipe, { seed, ordinal: step.ordinal, takes: Math.max(1, step.owed) });
}
