import type { Digest, ModelId } from '../spec/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { isHeld } from './gates.ts';
import type { StepKind } from './kinds.ts';
import {
  type BorderRecipe,
  filmRecipe,
  type FilmRecipe,
  type Recipe,
  type RewriteRecipe,
  type ScenesRecipe,
  type StoryboardRecipe,
  scenesRecipe,
  storyboardRecipe,
} from './recipes.ts';
import { inForce, owedRewrite, remediesOf } from './applied-remedies.ts';
import { clipModel, clipRecipe, keyframeRecipe, rewriteId, rewriteRecipe, stillModel } from './scene-recipes.ts';
import {
  type AppliedRemedy,
  type Artifact,
  chosenArtifact,
  knownStepAt,
  type ProjectState,
  type SceneRecord,
  type StepAt,
} from './state.ts';
import type { StepStatus } from './status.ts';
import type { StyleGuide } from './storyboard.ts';
import { STEP } from './status.ts';

/** A node of the plan. `fingerprint` and `recipe` are `null` until the step's inputs exist. */
export interface Step {
  readonly id: string;
  readonly kind: StepKind;
  readonly sceneId: string | null;
  readonly requestId: string | null;
  readonly model: ModelId | null;
  readonly fingerprint: string | null;
  readonly recipe: (() => Recipe) | null;
  /** The next ordinal that is wanted, or the last one made. */
  readonly ordinal: number;
  readonly status: StepStatus;
  /** The still that a keyframe is drawn from: used and recorded, not part of the fingerprint. */
  readonly condition: Digest | null;
  readonly artifact: Artifact | null;
  /** Its scene is left out of the film: a content filter refused it. */
  readonly skipped: boolean;
}

/** A step whose inputs exist. */
export type KnownStep = Step & { readonly fingerprint: string; readonly recipe: () => Recipe };

type Draft = Pick<Step, 'id' | 'kind' | 'model'> & Partial<Pick<Step, 'sceneId' | 'requestId' | 'condition'>>;

/** The user, or `onUnknown: 'fail'`, gave the last call up: only another answer makes the step wanted again. */
function isAbandoned(at: StepAt): boolean {
  const call = at.calls.at(-1);
  return call?.state === 'abandoned' && call.resolved === 'abandon';
}

function statusAt(state: ProjectState, at: StepAt | undefined, done: boolean): StepStatus {
  if (done) return STEP.completed;
  if (at === undefined) return STEP.ready;
  if (at.calls.some(({ intended }) => state.open.has(intended.body.callId))) return STEP.running;
  if (isAbandoned(at)) return STEP.failed;
  const run = state.run;
  if (at.refused !== null && !(run?.retryRefused === true && at.refused.run !== run.run)) return STEP.refused;
  return at.failed !== null && at.failed.run === run?.run ? STEP.failed : STEP.ready;
}

/** The lowest wanted ordinal that nothing has been made for. */
function nextOrdinal(at: StepAt | undefined): number | null {
  const wanted = 1 + (at?.extraTakes ?? 0);
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    if (at === undefined || !at.artifacts.some((artifact) => artifact.ordinal === ordinal)) return ordinal;
  }
  return null;
}

const REST = { sceneId: null, requestId: null, condition: null, skipped: false };

function pendingStep(draft: Draft): Step {
  return { ...REST, ...draft, fingerprint: null, recipe: null, ordinal: 0, status: STEP.pending, artifact: null };
}

function knownStep(
  state: ProjectState,
  draft: Draft,
  fingerprint: string,
  recipe: () => Recipe,
  blocked = false,
): Step {
  const at = knownStepAt(state, draft.id, fingerprint);
  const ordinal = nextOrdinal(at);
  const status = statusAt(state, at, ordinal === null);
  return {
    ...REST,
    ...draft,
    fingerprint,
    recipe,
    ordinal: ordinal ?? at?.extraTakes ?? 0,
    status: status === STEP.ready && (blocked || isHeld(state, draft.kind)) ? STEP.pending : status,
    artifact: chosenArtifact(at) ?? null,
  };
}

function memoised(memo: Map<string, string>, key: string, recipe: () => Recipe): string {
  let fingerprint = memo.get(key);
  if (fingerprint === undefined) memo.set(key, (fingerprint = fingerprintOf(recipe())));
  return fingerprint;
}

/** A writing step is done when its words are in the project, whatever its replies were. */
function writingStep(
  state: ProjectState,
  draft: Draft,
  recipe: StoryboardRecipe | ScenesRecipe | RewriteRecipe,
  done: boolean,
  memo = state.memo,
): Step {
  const fingerprint = memoised(memo, `${draft.id} ${recipe.model}`, () => recipe);
  const status = statusAt(state, knownStepAt(state, draft.id, fingerprint), done);
  return {
    ...REST,
    ...draft,
    fingerprint,
    recipe: () => recipe,
    ordinal: 0,
    status: status === STEP.ready && isHeld(state, draft.kind) ? STEP.pending : status,
    artifact: null,
  };
}

/** The step that writes the words. */
export function storyboardStep(state: ProjectState): Step {
  const recipe = storyboardRecipe(state);
  return writingStep(
    state,
    { id: 'storyboard', kind: 'storyboard', model: recipe.model },
    recipe,
    state.styleGuide !== null,
  );
}

/** Steps that write asked-for scenes. */
export function requestSteps(state: ProjectState): Step[] {
  return [...state.requests.values()].map(({ asked, fulfilled }) => {
    const recipe = scenesRecipe(state, asked.requestId);
    const draft: Draft = {
      id: `scenes:${asked.requestId}`,
      kind: 'scenes',
      model: recipe.model,
      requestId: asked.requestId,
    };
    return state.styleGuide === null ? pendingStep(draft) : writingStep(state, draft, recipe, fulfilled);
  });
}

/** Steps that write prompts of a scene anew, as remedies of `steps` have asked for. */
export function rewriteSteps(state: ProjectState, record: SceneRecord, steps: readonly Step[]): Step[] {
  return steps.flatMap(({ id: target }) =>
    inForce(remediesOf(state, record, target))
      .filter(({ body }) => body.remedy.kind === 'rewrite')
      .map((remedy) => {
        const recipe = rewriteRecipe(state, record.scene, remedy.body);
        const id = rewriteId(record.scene, target, recipe.index);
        const draft: Draft = { id, kind: 'rewrite', sceneId: record.scene.id, model: recipe.model };
        return writingStep(state, draft, recipe, remedy.words !== null, record.memo);
      }),
  );
}

/** What a fingerprint is remembered under beside its inputs and its model: remedies only ever become more. */
function remedyKey(applied: readonly AppliedRemedy[]): string {
  return applied.map(({ words }) => (words === null ? '+' : 'w')).join('');
}

/** A still; `from` is what it is drawn from: `undefined` nothing, `null` not there yet. */
export function keyframeStep(
  state: ProjectState,
  record: SceneRecord,
  guide: StyleGuide,
  position: 'start' | 'end',
  from: Artifact | null | undefined,
): Step {
  const conditioned = from !== undefined;
  const sceneId = record.scene.id;
  const id = `keyframe:${sceneId}:${position}`;
  const applied = inForce(remediesOf(state, record, id));
  const recipe = () => keyframeRecipe(state, record.scene, guide, position, conditioned, applied);
  const model = stillModel(state, id, conditioned);
  const draft: Draft = { id, kind: 'keyframe', sceneId, condition: from?.asset.digest ?? null, model };
  if (owedRewrite(applied) !== undefined) return pendingStep(draft);
  const key = `${position}${conditioned}${remedyKey(applied)} ${model}`;
  return knownStep(state, draft, memoised(record.memo, key, recipe), recipe, from === null);
}

/** The first frame of a scene, taken from the clip before. */
export function borderStep(state: ProjectState, record: SceneRecord, clip: Artifact | null): Step {
  const sceneId = record.scene.id;
  const draft: Draft = { id: `keyframe:${sceneId}:start`, kind: 'border', sceneId, model: null };
  if (clip === null) return pendingStep(draft);
  const recipe = (): BorderRecipe => ({ recipe: 'border/1', clip: clip.asset.digest });
  return knownStep(state, draft, memoised(record.memo, `border ${clip.asset.digest}`, recipe), recipe);
}

/** A clip; `end` is `undefined` where the model takes no last frame. */
export function clipStep(
  state: ProjectState,
  record: SceneRecord,
  guide: StyleGuide,
  start: Artifact | null,
  end: Artifact | null | undefined,
): Step {
  const sceneId = record.scene.id;
  const id = `clip:${sceneId}`;
  const applied = inForce(remediesOf(state, record, id));
  const model = clipModel(state, id);
  const draft: Draft = { id, kind: 'clip', sceneId, model };
  if (start === null || end === null || owedRewrite(applied) !== undefined) return pendingStep(draft);
  const recipe = () => clipRecipe(state, record.scene, guide, start.asset.digest, end?.asset.digest ?? null, applied);
  const key = `clip ${start.asset.digest} ${end?.asset.digest ?? ''}${remedyKey(applied)} ${model}`;
  return knownStep(state, draft, memoised(record.memo, key, recipe), recipe);
}

/** A clip of the film, `null` while it is still to be made. */
export interface FilmClip {
  readonly artifact: Artifact | null;
  readonly seconds: number;
}

/** The step that joins the clips. */
export function filmStep(state: ProjectState, clips: readonly FilmClip[]): Step {
  const draft: Draft = { id: 'film', kind: 'film', model: null };
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
