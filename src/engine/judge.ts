import type { EventDraft } from '../project/events.ts';
import { wantedStep } from '../project/graph.ts';
import type { KnownStep } from '../project/steps.ts';
import { type Artifact, knownStepAt, type ProjectState } from '../project/state.ts';
import type { Scene, SceneWords } from '../project/storyboard.ts';
import { acceptWriting, WRITING_TRIES, type Written } from '../stages/writing.ts';
import type { EngineContext } from './context.ts';
import { textOf } from './intake.ts';
import type { ProjectLog } from './log.ts';

/** The first reply of a writing step that nobody has judged yet. */
export function unjudgedReply(state: ProjectState, step: KnownStep): Artifact | undefined {
  const at = knownStepAt(state, step.id, step.fingerprint);
  return at?.artifacts.find(({ callId }) => !at.faults.some((fault) => fault.callId === callId));
}

function withIds(context: EngineContext, words: readonly SceneWords[], lengths: readonly number[]): Scene[] {
  return words.map((scene, index) => ({
    ...scene,
    id: `s${context.newId().replaceAll('-', '').slice(0, 12)}`,
    seconds: lengths[index] ?? 0,
  }));
}

function lengthsOf(state: ProjectState, step: KnownStep): readonly number[] {
  return step.requestId === null
    ? state.created.body.lengths
    : (state.requests.get(step.requestId)?.asked.lengths ?? []);
}

interface Judged {
  readonly run: string;
  readonly step: KnownStep;
  readonly reply: Artifact;
  readonly written: Written;
  readonly scenes: readonly Scene[];
}

function drafts(state: ProjectState, { run, step, reply, written, scenes }: Judged): EventDraft[] {
  const at = knownStepAt(state, step.id, reply.fingerprint);
  const attempt = (at?.faults.length ?? 0) + 1;
  const callId = reply.callId ?? '';
  if (!written.ok) {
    const same = at?.artifacts.some(
      (other) =>
        other !== reply &&
        other.asset.digest === reply.asset.digest &&
        at.faults.some((fault) => fault.callId === other.callId),
    );
    const final = same === true || attempt >= WRITING_TRIES;
    const { fault, message } = written;
    const ref = { stepId: step.id, fingerprint: reply.fingerprint, ordinal: reply.ordinal };
    const faulted: EventDraft = {
      type: 'storyboard.faulted',
      body: { run, callId, stepId: step.id, fingerprint: reply.fingerprint, attempt, fault, message, final },
    };
    const failed: EventDraft = {
      type: 'step.failed',
      body: { ...ref, run, code: `storyboard-${fault}`, message: `After ${attempt} tries: ${message}` },
    };
    return final ? [faulted, failed] : [faulted];
  }
  if (step.requestId !== null)
    return [{ type: 'scenes.added', body: { run, requestId: step.requestId, callId, attempt, scenes } }];
  const styleGuide = written.styleGuide ?? { visualStyle: state.settings.style, colorPalette: '', cameraStyle: '' };
  return [
    { type: 'storyboard.written', body: { run, callId, attempt, styleGuide, characters: written.characters, scenes } },
  ];
}

/** Reads a writer's stored reply and appends its words, or its fault. */
export async function judge(
  context: EngineContext,
  log: ProjectLog,
  run: string,
  step: KnownStep,
  reply: Artifact,
): Promise<void> {
  const lengths = lengthsOf(log.state, step);
  const text = await textOf(context, reply.asset.digest);
  const written = acceptWriting(step.kind === 'scenes' ? 'scenes' : 'storyboard', lengths.length, text);
  const scenes = written.ok ? withIds(context, written.scenes, lengths) : [];
  await log.decide((state) => {
    if (
      state.run?.run !== run ||
      state.run.ended !== null ||
      unjudgedReply(state, step)?.callId !== reply.callId ||
      wantedStep(state, step.id, reply.fingerprint)?.status !== 'ready'
    )
      return null;
    return { events: drafts(state, { run, step, reply, written, scenes }) };
  });
}
