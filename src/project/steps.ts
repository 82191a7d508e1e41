import type { Digest, ModelId } from '../spec/index.ts';
import { uninspected, usable } from './blocks.ts';
import { candidatesOf, chosenArtifact, lastOrdinal, owedOrdinals, unscored } from './candidates.ts';
import { fingerprintOf } from './fingerprint.ts';
import { isHeld } from './gates.ts';
import type { StepKind } from './kinds.ts';
import { type BorderRecipe, type Recipe, scenesRecipe, storyboardRecipe, type WritingRecipe } from './recipes.ts';
import { inForce, owedRewrite, remediesOf } from './applied-remedies.ts';
import { clipModel, clipRecipe, keyframeRecipe, rewriteId, rewriteRecipe, stillModel } from './scene-recipes.ts';
import {
  type AppliedRemedy,
  type Artifact,
  type Held,
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
  /** Takes that are asked for, and how many of them are still to be made. */
  readonly takes: number;
  readonly owed: number;
  readonly status: StepStatus;
  /** The still that a keyframe is drawn from: used and recorded, not part of the fingerprint. */
  readonly condition: Digest | null;
  readonly artifact: Artifact | null;
  /** The user holds its artifact, whatever its recipe is. */
  readonly held: Held['how'] | null;
  /** Its scene is left out of the film: a content filter refused it. */
  readonly skipped: boolean;
}

/** A step whose inputs exist. */
export type KnownStep = Step & { readonly fingerprint: string; readonly recipe: () => Recipe };

/** What a step is before it is known what it is made from. */
export type StepDraft = Pick<Step, 'id' | 'kind' | 'model'> &
  Partial<Pick<Step, 'sceneId' | 'requestId' | 'condition' | 'takes' | 'owed'>>;

/** The user, or `onUnknown: 'fail'`, gave the last call up: only another answer makes the step wanted again. */
function isAbandoned(at: StepAt): boolean {
  const call = at.calls.at(-1);
  return call?.state === 'abandoned' && call.resolved === 'abandon';
}

function statusAt(state: ProjectState, at: StepAt | undefined, done: boolean): StepStatus {
  if (done) return STEP.completed;
  if (at === undefined) return STEP.ready;
  if (at.calls.some(({ intended }) => state.open.has(intended.body.callId))) return STEP.running;
  if (at.awaited.length > 0) return STEP.pending;
  if (isAbandoned(at)) return STEP.failed;
  const run = state.run;
  if (at.refused !== null && !(run?.retryRefused === true && at.refused.run !== run.run)) return STEP.refused;
  return at.failed !== null && at.failed.run === run?.run ? STEP.failed : STEP.ready;
}

const REST = { sceneId: null, requestId: null, condition: null, skipped: false, held: null, takes: 1, owed: 1 };

/** A step whose inputs are not there yet. */
export function pendingStep(draft: StepDraft): Step {
  return { ...REST, ...draft, fingerprint: null, recipe: null, ordinal: 0, status: STEP.pending, artifact: null };
}

/** A step whose inputs are there. */
export function knownStep(
  state: ProjectState,
  draft: StepDraft,
  fingerprint: string,
  recipe: () => Recipe,
  blocked = false,
): Step {
  const at = knownStepAt(state, draft.id, fingerprint);
  const free = usable(state, draft.kind, at);
  const candidates = candidatesOf(state, draft.id);
  const takes = Math.max(candidates, 1 + (at?.extraTakes ?? 0));
  const owed = owedOrdinals(at, free, takes, candidates);
  const artifact = chosenArtifact(free) ?? null;
  const isSeen = uninspected(state, draft.kind, at) === undefined && unscored(state, draft.id, free) === undefined;
  const isMade = owed.length === 0 && artifact !== null && isSeen;
  const status = statusAt(state, at, isMade);
  return {
    ...REST,
    ...draft,
    fingerprint,
    recipe,
    ordinal: owed[0] ?? Math.max(0, lastOrdinal(at)),
    takes,
    owed: owed.length,
    status: status === STEP.ready && (blocked || isHeld(state, draft.kind)) ? STEP.pending : status,
    artifact,
  };
}

/** A step whose artifact the user holds: nothing is made for it. */
export function heldStep(id: string, kind: StepKind, sceneId: string, { how, artifact }: Held): Step {
  const done = { fingerprint: null, recipe: null, ordinal: 0, status: STEP.completed, artifact, held: how, owed: 0 };
  return { ...REST, id, kind, sceneId, model: null, ...done };
}

function memoised(memo: Map<string, string>, key: string, recipe: () => Recipe): string {
  let fingerprint = memo.get(key);
  if (fingerprint === undefined) memo.set(key, (fingerprint = fingerprintOf(recipe())));
  return fingerprint;
}

/** A writing step is done when its words are in the project, whatever its replies were. */
function writingStep(
  state: ProjectState,
  draft: StepDraft,
  recipe: WritingRecipe,
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
    owed: done ? 0 : 1,
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
    const draft: StepDraft = {
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
        const draft: StepDraft = { id, kind: 'rewrite', sceneId: record.scene.id, model: recipe.model };
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
  const draft: StepDraft = { id, kind: 'keyframe', sceneId, condition: from?.asset.digest ?? null, model };
  if (owedRewrite(applied) !== undefined) return pendingStep(draft);
  const key = `${position}${conditioned}${remedyKey(applied)} ${model}`;
  return knownStep(state, draft, memoised(record.memo, key, recipe), recipe, from === null);
}

/** A frame of a scene that is taken from a clip: its own, the one before or the one after. */
export function borderStep(
  state: ProjectState,
  record: SceneRecord,
  position: 'start' | 'end',
  clip: Artifact | null,
  frame: 'first' | 'last' = 'last',
): Step {
  const sceneId = record.scene.id;
  const draft: StepDraft = { id: `keyframe:${sceneId}:${position}`, kind: 'border', sceneId, model: null };
  if (clip === null) return pendingStep(draft);
  const { digest } = clip.asset;
  const recipe = (): BorderRecipe => ({ recipe: 'border/1', clip: digest, ...(frame === 'first' ? { frame } : {}) });
  return knownStep(state, draft, memoised(record.memo, `border ${frame} ${digest}`, recipe), recipe);
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
  const takes = candidatesOf(state, id);
  const draft: StepDraft = { id, kind: 'clip', sceneId, model, takes, owed: takes };
  if (start === null || end === null || owedRewrite(applied) !== undefined) return pendingStep(draft);
  const recipe = () => clipRecipe(state, record.scene, guide, start.asset.digest, end?.asset.digest ?? null, applied);
  const key = `clip ${start.asset.digest} ${end?.asset.digest ?? ''}${remedyKey(applied)} ${model}`;
  return knownStep(state, draft, memoised(record.memo, key, recipe), recipe);
}
