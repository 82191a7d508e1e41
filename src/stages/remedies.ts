import { owedRewrite, ownRemedies, remediesOf, retakes } from '../project/applied-remedies.ts';
import { barOfStep } from '../project/blocks.ts';
import type { CustomRemedies, RemedyChange } from '../project/custom-remedies.ts';
import type { EventDraft, FilterRefusal } from '../project/events.ts';
import { planSteps } from '../project/graph.ts';
import { laterModels } from '../project/model-lists.ts';
import { isWriting, type RewriteRecipe } from '../project/recipes.ts';
import { MOST_RETAKES } from '../project/remedies.ts';
import type { Remedy } from '../project/settings.ts';
import { type AppliedRemedy, knownStepAt, type ProjectState, sceneOfStep } from '../project/state.ts';
import type { KnownStep, Step } from '../project/steps.ts';
import type { Digest, ModelId } from '../spec/index.ts';
import { askCustom } from './custom-remedies.ts';
import { refusedWriting } from './refused-writing.ts';

/** Where it is decided: the run, and what it has of the user's own. */
export interface Deciding {
  readonly run: string;
  readonly custom: CustomRemedies;
}

/** A step that a filter refused, as it is answered for. `fingerprint` is that of the refused request. */
interface Refused {
  readonly step: Step;
  readonly fingerprint: string;
  readonly block: FilterRefusal;
}

const blockOf = ({ reasons, codes, input }: FilterRefusal): FilterRefusal => ({ reasons, codes, input });

type Why = 'flagged-again' | 'same-frame' | 'refused';

/** The remedies that stand for a step. */
function standing(state: ProjectState, stepId: string): readonly AppliedRemedy[] {
  const record = sceneOfStep(state, stepId);
  return record === undefined ? [] : remediesOf(state, record, stepId);
}

/** The step that made the first or last frame of a clip: that drew it, or the clip that it was taken from; `undefined` where the model takes none. */
function frameStep(state: ProjectState, clip: Step, which: 'start' | 'end'): KnownStep | undefined {
  const steps = planSteps(state);
  const before = steps.slice(0, steps.indexOf(clip)).filter(({ skipped }) => !skipped);
  const own = `keyframe:${clip.sceneId}:end`;
  const frame = before.findLast(({ id }) => id.startsWith('keyframe:') && (which === 'end' ? id === own : id !== own));
  const source = frame?.kind === 'border' ? before.findLast(({ kind }) => kind === 'clip') : frame;
  return source === undefined || source.fingerprint === null ? undefined : (source as KnownStep);
}

/** The frame that a clip was refused with. */
function frameOf(step: Step, which: 'start' | 'end'): Digest | null {
  const recipe = step.recipe?.();
  return recipe?.recipe === 'clip/1' ? recipe[which] : null;
}

const OUTPUT: FilterRefusal['input'] = 'output';
const WORDED: readonly FilterRefusal['input'][] = ['prompt', OUTPUT];
/** What a new last frame may help against, beside a first frame: providers seldom tell which of two pictures it was. */
const UNSAID: readonly FilterRefusal['input'][] = ['end-frame', OUTPUT];

type Draft = Extract<EventDraft, { readonly type: 'remedy.applied' }>['body'];
type Change = Pick<Draft, 'stepId' | 'forFingerprint' | 'frame' | 'change'>;

/** What a frame remedy changes: a still itself, or a clip and the still that it was given. */
function newFrame(
  state: ProjectState,
  { step, fingerprint, block }: Refused,
  { which }: Extract<Remedy, { kind: 'frame' }>,
): Change[] {
  const own: Change = { stepId: step.id, forFingerprint: fingerprint, frame: null };
  if (step.kind === 'keyframe') return step.id.endsWith(`:${which}`) && WORDED.includes(block.input) ? [own] : [];
  const flagged = block.input === 'start-frame' || (which === 'end' && UNSAID.includes(block.input));
  const still = flagged ? frameStep(state, step, which) : undefined;
  if (still === undefined) return [];
  return [
    { ...own, frame: frameOf(step, which) },
    { stepId: still.id, forFingerprint: still.fingerprint, frame: null },
  ];
}

/** What a remedy of the user's own answers for a refused step. */
function customChange(
  state: ProjectState,
  { step, block }: Refused,
  name: string,
  custom: CustomRemedies,
): RemedyChange | null {
  const recipe = step.recipe?.();
  if (recipe === undefined || !('remedy' in recipe)) return null;
  return askCustom(custom, name, state, recipe, { ...block, stepId: step.id });
}

/** The model that the remedy `model` moves a step to. */
function nextModel(state: ProjectState, { id, model }: Step): ModelId | undefined {
  return model === null ? undefined : laterModels(state, id, model)[0];
}

/** The move to another model that a remedy asks for. */
function moveTo(run: string, { step, fingerprint }: Refused, to: ModelId | undefined): EventDraft[] {
  const from = step.model;
  if (from === null || to === undefined || to === from) return [];
  const move = { run, stepId: step.id, forFingerprint: fingerprint, from, to };
  return [{ type: 'model.replaced', body: { ...move, reason: 'refused' } }];
}

/** What a remedy changes for a refused step; nothing where it can not help. */
function changesOf(state: ProjectState, refused: Refused, remedy: Remedy, custom: CustomRemedies): Change[] {
  const { step, fingerprint, block } = refused;
  const own: Change = { stepId: step.id, forFingerprint: fingerprint, frame: null };
  if (remedy.kind === 'frame') return newFrame(state, refused, remedy);
  if (remedy.kind === 'seed') return block.input === 'output' ? [own] : [];
  if (remedy.kind === 'custom') {
    const change = customChange(state, refused, remedy.name, custom);
    return change === null ? [] : [{ ...own, change }];
  }
  if (remedy.kind !== 'model') return WORDED.includes(block.input) ? [own] : [];
  return nextModel(state, step) === undefined ? [] : [own];
}

/** All that was said of a step, each once. */
function allOf(own: readonly AppliedRemedy[], block: FilterRefusal): FilterRefusal {
  const said = [...own.map(({ body }) => body), block];
  return {
    reasons: [...new Set(said.flatMap(({ reasons }) => reasons))],
    codes: [...new Set(said.flatMap(({ codes }) => codes))],
    input: block.input,
  };
}

/** The next remedy of the list that can help, or the refusal of the step when none is left. A take beside one that is there is not remedied: the one that is there stays. */
function nextOf(state: ProjectState, { run, custom }: Deciding, refused: Refused): EventDraft[] {
  const { step } = refused;
  const own = ownRemedies(standing(state, step.id));
  const isRemedied = (step.kind === 'keyframe' || step.kind === 'clip') && step.artifact === null;
  const remedies = isRemedied ? state.settings.safety.remedies : [];
  for (const [index, remedy] of remedies.entries()) {
    const changes = index > (own.at(-1)?.body.index ?? -1) ? changesOf(state, refused, remedy, custom) : [];
    const common = { ...refused.block, run, askedBy: step.id, index, remedy };
    if (changes.length > 0)
      return [
        ...changes.map((change): EventDraft => ({ type: 'remedy.applied', body: { ...common, ...change } })),
        ...moveTo(run, refused, remedy.kind === 'model' ? nextModel(state, step) : changes[0]?.change?.model),
      ];
  }
  return [refusal(run, refused, own)];
}

/** The end of a step that nothing helps. */
function refusal(run: string, { step, fingerprint, block }: Refused, own: readonly AppliedRemedy[]): EventDraft {
  const ref = { stepId: step.id, fingerprint, ordinal: step.ordinal };
  return { type: 'step.refused', body: { ...ref, run, ...allOf(own, block) } };
}

/** Another take in place of one that `inspect` did not take, or the refusal of the step after as many as there may be. */
function retake(state: ProjectState, run: string, refused: Refused): EventDraft {
  const { step, fingerprint: forFingerprint, block } = refused;
  const { length } = retakes(standing(state, step.id));
  if (length >= MOST_RETAKES) return refusal(run, refused, []);
  const asked = { stepId: step.id, forFingerprint, askedBy: step.id, index: -1, frame: null };
  return { type: 'remedy.applied', body: { ...block, ...asked, run, remedy: { kind: 'retake' } } };
}

function ended(run: string, { body: { stepId, index } }: AppliedRemedy, why: Why): EventDraft {
  return { type: 'remedy.ineffective', body: { run, stepId, index, why } };
}

/** The last remedy of a clip, where it has brought the frame again that was to be replaced. */
function sameFrame(state: ProjectState, step: Step): AppliedRemedy | null {
  const last = ownRemedies(standing(state, step.id)).at(-1);
  if (last?.body.remedy.kind !== 'frame' || last.body.frame === null || last.ended) return null;
  return frameOf(step, last.body.remedy.which) === last.body.frame ? last : null;
}

/** What a filter said of the last call of a step, unless that was answered: with a refusal that this run takes up again. */
function unanswered(state: ProjectState, step: KnownStep): FilterRefusal | null {
  const at = knownStepAt(state, step.id, step.fingerprint);
  const last = at?.calls.at(-1);
  if (last?.settled?.outcome !== 'blocked') return null;
  // A candidate beside another one is done without.
  if (step.artifact !== null && last.intended.body.ordinal !== step.ordinal) return null;
  if (at?.faults.some(({ callId }) => callId === last.intended.body.callId) === true) return null;
  const isTakenUp = at?.refused !== null && last.intended.body.run !== state.run?.run;
  return isTakenUp ? null : last.settled.blocked;
}

/** Whether a filter stands against a step, so that it is not bought as it is. */
export function isBlocked(state: ProjectState, step: KnownStep): boolean {
  return barred(state, step) !== null || unanswered(state, step) !== null || sameFrame(state, step) !== null;
}

/** Why what a step has made is not used. */
function barred(state: ProjectState, step: KnownStep): ReturnType<typeof barOfStep> {
  return barOfStep(state, step, knownStepAt(state, step.id, step.fingerprint));
}

/** A writer was refused as well: the step that waits for its prompt goes on without it, with the refusal that it had. */
function rewriteRefused(state: ProjectState, run: string, { target, index }: RewriteRecipe): EventDraft[] {
  const owed = owedRewrite(standing(state, target));
  return owed?.body.index === index ? [ended(run, owed, 'refused')] : [];
}

/** A writer that a filter refuses is asked again, gently; at last its step is refused, or the rewrite is of no help. */
function answerWriter(state: ProjectState, run: string, step: KnownStep, block: FilterRefusal): EventDraft[] {
  const { faulted, final } = refusedWriting(state, run, step, block);
  if (!final) return [faulted];
  const recipe = step.recipe();
  if (recipe.recipe === 'rewrite/1') return [faulted, ...rewriteRefused(state, run, recipe)];
  return [faulted, refusal(run, { step, fingerprint: step.fingerprint, block }, [])];
}

/** What is decided where `isBlocked`: the next remedy, another take, or the refusal of the step; before it what has become of the last remedy. Throws what a remedy of the user's own throws. Pure. */
export function answerBlock(state: ProjectState, deciding: Deciding, step: KnownStep): EventDraft[] {
  const { run } = deciding;
  const { fingerprint } = step;
  const same = sameFrame(state, step);
  if (same !== null)
    return [
      ended(run, same, 'same-frame'),
      ...nextOf(state, deciding, { step, fingerprint, block: blockOf(same.body) }),
    ];
  const bar = barred(state, step);
  const block = bar === null ? unanswered(state, step) : { reasons: bar.reasons, codes: bar.codes, input: OUTPUT };
  if (block === null) return [];
  if (bar?.why === 'retake') return [retake(state, run, { step, fingerprint, block })];
  if (isWriting(step.recipe())) return answerWriter(state, run, step, block);
  const last = ownRemedies(standing(state, step.id)).at(-1);
  const failed = last !== undefined && !last.ended && last.body.input === block.input;
  return [
    ...(failed ? [ended(run, last, 'flagged-again')] : []),
    ...nextOf(state, deciding, { step, fingerprint, block }),
  ];
}
