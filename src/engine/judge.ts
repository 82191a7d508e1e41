import type { EventDraft } from '../project/events.ts';
import type { KnownStep } from '../project/steps.ts';
import type { WritingRecipe } from '../project/recipes.ts';
import { newScenes } from '../project/new-scenes.ts';
import { type Artifact, knownStepAt, type ProjectState, type StepAt, stepAt } from '../project/state.ts';
import { acceptPrompt, acceptWriting, type Unusable, WRITING_TRIES } from '../stages/writing.ts';
import type { EngineContext } from './context.ts';
import { textOf } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { stepNow } from './wanted.ts';

/** A writer's reply, which was bought. */
type Reply = Artifact & { readonly callId: string };

/** The first reply of a writing step that nobody has judged yet. */
export function unjudgedReply(state: ProjectState, step: KnownStep): Reply | undefined {
  const at = knownStepAt(state, step.id, step.fingerprint);
  return at?.artifacts.find((reply): reply is Reply => !at.faults.some((fault) => fault.callId === reply.callId));
}

interface Told {
  readonly run: string;
  readonly callId: string;
}

/** The event that a reply makes at its attempt, or why it makes none. */
function read(
  context: EngineContext,
  told: Told,
  stepId: string,
  recipe: WritingRecipe,
  text: string,
): ((attempt: number) => EventDraft) | Unusable {
  if (recipe.recipe === 'rewrite/1') {
    const written = acceptPrompt(text);
    if (!written.ok) return written;
    const { prompt } = written;
    const { target, index } = recipe;
    return (attempt) => ({ type: 'remedy.rewritten', body: { ...told, attempt, stepId, target, index, prompt } });
  }
  const { lengths } = recipe;
  if (recipe.recipe === 'scenes/1') {
    const written = acceptWriting('scenes', lengths.length, text);
    if (!written.ok) return written;
    const { requestId } = recipe;
    if (recipe.rewrites !== undefined)
      return (attempt) => ({ type: 'scenes.rewritten', body: { ...told, requestId, attempt, scenes: written.scenes } });
    const scenes = newScenes(context, written.scenes, lengths);
    return (attempt) => ({ type: 'scenes.added', body: { ...told, requestId, attempt, scenes } });
  }
  const written = acceptWriting('storyboard', lengths.length, text);
  if (!written.ok) return written;
  const { styleGuide, characters } = written;
  const scenes = newScenes(context, written.scenes, lengths);
  return (attempt) => ({ type: 'storyboard.written', body: { ...told, attempt, styleGuide, characters, scenes } });
}

/** What an unusable reply means: another try, or the end of the step after the last one and after the same reply twice. */
function faulted(at: StepAt, told: Told, reply: Artifact, { fault, message }: Unusable): EventDraft[] {
  const attempt = at.faults.length + 1;
  const repeated = at.artifacts.some((other) => other !== reply && other.asset.digest === reply.asset.digest);
  const final = repeated || attempt >= WRITING_TRIES;
  const { stepId, fingerprint, ordinal } = reply;
  const judged: EventDraft = {
    type: 'storyboard.faulted',
    body: { ...told, stepId, fingerprint, attempt, fault, message, final },
  };
  if (!final) return [judged];
  const failure = { code: `storyboard-${fault}`, message: `After ${attempt} tries: ${message}` };
  return [judged, { type: 'step.failed', body: { run: told.run, stepId, fingerprint, ordinal, ...failure } }];
}

/** Reads a writer's stored reply and appends its words, or its fault. */
export async function judge(
  context: EngineContext,
  log: ProjectLog,
  run: string,
  { step, recipe, reply }: { readonly step: KnownStep; readonly recipe: WritingRecipe; readonly reply: Reply },
): Promise<void> {
  const told = { run, callId: reply.callId };
  const outcome = read(context, told, step.id, recipe, await textOf(context, reply.asset.digest));
  await log.decide((state) => {
    const same = unjudgedReply(state, step)?.callId === reply.callId;
    if (!same || stepNow(state, run, reply) === undefined) return null;
    const at = stepAt(state, reply.stepId, reply.fingerprint);
    return {
      events: typeof outcome === 'function' ? [outcome(at.faults.length + 1)] : faulted(at, told, reply, outcome),
    };
  });
}
