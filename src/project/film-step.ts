import type { Digest } from '../spec/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { filmRecipe, type FilmRecipe } from './recipes.ts';
import type { Artifact, ProjectState } from './state.ts';
import { knownStep, pendingStep, type Step, type StepDraft } from './steps.ts';

/** A clip of the film, `null` while it is still to be made. */
export interface FilmClip {
  readonly artifact: Artifact | null;
  readonly seconds: number;
}

/** The step that joins the clips. */
export function filmStep(state: ProjectState, clips: readonly FilmClip[]): Step {
  const draft: StepDraft = { id: 'film', kind: 'film', model: null };
  const waiting =
    clips.length === 0 ||
    clips.some(({ artifact }) => artifact === null) ||
    [...state.requests.values()].some((request) => !request.fulfilled);
  if (waiting) return pendingStep(draft);
  const used: FilmRecipe['clips'] = clips.map(({ artifact, seconds }) => ({
    digest: artifact?.asset.digest as Digest,
    seconds,
  }));
  const recipe = filmRecipe(state, used);
  return knownStep(state, draft, fingerprintOf(recipe), () => recipe);
}
