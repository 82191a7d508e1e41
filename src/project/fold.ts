import { CorruptLogError } from '../errors/index.ts';
import { block, noBars, noteInspection } from './bars.ts';
import type { EventType, ProjectEvent, ReplacedReason, StepRef } from './events.ts';
import { foldCall, isCallEvent } from './fold-calls.ts';
import { artifactOf, changeHandlers, type Handler, insertScenes, isChange, recordsOf } from './fold-changes.ts';
import { hearParent, inherit } from './inherit.ts';
import { approveGate, reopenGates } from './gates.ts';
import { moveTo } from './model-lists.ts';
import { applyRemedy, ownRemedies, remediesOf } from './applied-remedies.ts';
import { type AppliedRemedy, type EventOf, type ProjectState, sceneOfStep, type SceneRecord, stepAt } from './state.ts';
import { STATUS } from './status.ts';
import { effectOf } from './transitions.ts';

/** The state after `project.created`. */
function born(event: EventOf<'project.created'>): ProjectState {
  const { settings, film, warnings, supplied } = event.body;
  const sceneIndex = new Map<string, SceneRecord>();
  return {
    id: event.projectId,
    seq: event.seq,
    status: STATUS.pending,
    created: event,
    updatedAt: event.at,
    settings,
    film,
    warnings,
    styleGuide: supplied?.styleGuide ?? null,
    characters: supplied?.characters ?? [],
    scenes: recordsOf(sceneIndex, supplied?.scenes ?? []),
    sceneIndex,
    touched: [],
    memo: new Map(),
    requests: new Map(),
    steps: new Map(),
    remedies: new Map(),
    bars: noBars(),
    held: new Map(),
    rewriting: new Set(),
    callsBefore: 0,
    moves: new Map(),
    calls: new Map(),
    open: new Set(),
    run: null,
    stopRequested: false,
    draining: false,
    approved: new Set(),
    ceiling: null,
    warned: new Map(),
    crash: null,
    ledger: { charged: 0, held: 0, unknown: 0 },
  };
}

/** The step that an event is about; `null` where it may mean any. */
function stepOf(state: ProjectState, event: ProjectEvent): string | null {
  if (event.type === 'storyboard.written' || event.type === 'scenes.added' || isChange(event.type)) return null;
  if (event.type === 'artifact.blocked' || (event.type === 'call.settled' && event.body.flagged)) return null;
  if ('stepId' in event.body) return event.body.stepId;
  return 'callId' in event.body ? (state.calls.get(event.body.callId)?.intended.body.stepId ?? null) : null;
}

/** Notes the scene whose steps may look different after an event. Steps of no scene are planned anew each time. */
function touch(state: ProjectState, event: ProjectEvent): void {
  const step = stepOf(state, event);
  const record = step === null ? null : sceneOfStep(state, step);
  if (record !== undefined) state.touched.push(record);
}

/** A step that another fact has completed meanwhile keeps its fault in the log only. */
function faultOf(body: StepRef & { readonly run: string; readonly message?: string; readonly code?: string }): {
  run: string;
  code: string;
  message: string;
} {
  return { run: body.run, code: body.code ?? 'refused', message: body.message ?? '' };
}

/** The remedy at a place of its step's own list. Its scene's words are those that it was applied to: a decision is made on the state that it stands in. */
function remedyAt(state: ProjectState, stepId: string, index: number): AppliedRemedy | undefined {
  const record = sceneOfStep(state, stepId);
  return record && ownRemedies(remediesOf(state, record, stepId)).find(({ body }) => body.index === index);
}

const WHY_REPLACED: Readonly<Record<ReplacedReason, string>> = {
  retired: 'it is retired, or not offered any more',
  'rate-limited': 'its quota is used up',
  failing: 'it keeps failing',
  refused: 'its content filter refused',
};

type NonCall = Exclude<EventType, `call.${string}` | 'project.created'>;

const handlers: { readonly [T in NonCall]: Handler<T> } = {
  ...changeHandlers,
  'work.inherited': inherit,
  'parent.reported': hearParent,
  'gate.approved': (state, { gate, worst }) => {
    approveGate(state, gate);
    state.ceiling = worst;
  },
  'artifact.blocked': (state, body) => {
    block(state, body);
    if (body.by === 'user') reopenGates(state, body.stepId.startsWith('keyframe:') ? 'keyframes' : 'clips');
  },
  'artifact.inspected': (state, body) => noteInspection(state, body),
  'artifact.scored': (state, { stepId, fingerprint, ordinal, digest, score }) => {
    const { artifacts } = stepAt(state, stepId, fingerprint);
    for (const [at, take] of artifacts.entries())
      if (take.ordinal === ordinal && take.asset.digest === digest) artifacts[at] = { ...take, score };
  },
  'stop.requested': (state, { drain = false }) => {
    state.stopRequested = true;
    state.draining = drain;
  },
  'run.started': (state, { run, owner, retryRefused, inspects = false, scores = false }) => {
    state.run = { run, owner, retryRefused, scores, ended: null };
    state.bars.inspects = inspects;
    state.stopRequested = false;
    state.crash = null;
  },
  'run.ended': (state, body, event) => {
    if (state.run !== null) state.run.ended = event;
    state.status = body.status;
  },
  'run.crashed': (state, body) => void (state.crash = body),
  'storyboard.written': (state, { styleGuide, characters, scenes }) => {
    state.styleGuide = styleGuide;
    state.characters = characters;
    state.scenes = recordsOf(state.sceneIndex, scenes);
  },
  'storyboard.faulted': (state, body) => void stepAt(state, body.stepId, body.fingerprint).faults.push(body),
  'scenes.added': (state, { requestId, scenes }) => {
    const request = state.requests.get(requestId);
    if (request === undefined)
      throw new CorruptLogError({
        what: `The log of ${state.id}`,
        reason: `it adds scenes that nobody asked for (${requestId})`,
      });
    request.fulfilled = true;
    insertScenes(state, scenes, request.asked.before);
  },
  'step.completed': (state, { stepId, fingerprint, ordinal, made }) => {
    const at = stepAt(state, stepId, fingerprint);
    for (const each of made) at.artifacts.push(artifactOf(each, { stepId, fingerprint, ordinal, callId: null }));
  },
  'step.failed': (state, body) => void (stepAt(state, body.stepId, body.fingerprint).failed = faultOf(body)),
  'step.refused': (state, body) => {
    stepAt(state, body.stepId, body.fingerprint).refused = {
      ...faultOf({ ...body, message: body.reasons.join(' ') }),
      codes: body.codes,
    };
  },
  'remedy.applied': (state, body) => {
    const record = sceneOfStep(state, body.stepId);
    if (record !== undefined) applyRemedy(state, record, body);
  },
  'remedy.rewritten': (state, { target, index, prompt }) => {
    const applied = remedyAt(state, target, index);
    if (applied !== undefined) applied.words = prompt;
  },
  'budget.warned': (state, body) => void state.warned.set(body.pool, body),
  'remedy.ineffective': (state, { stepId, index }) => {
    const applied = remedyAt(state, stepId, index);
    if (applied !== undefined) applied.ended = true;
  },
  'model.replaced': (state, { stepId, from, to, reason }) => {
    moveTo(state, stepId, to);
    const warning = { code: 'model-replaced', message: `${to} stands in for ${from}: ${WHY_REPLACED[reason]}` };
    if (!state.warnings.some(({ message }) => message === warning.message))
      state.warnings = [...state.warnings, warning];
  },
};

/** Folds one event. Mutates and returns the state; `state` is `null` only for the first event. Throws typed errors for gaps and illegal transitions. */
export function applyEvent(state: ProjectState | null, event: ProjectEvent): ProjectState {
  const effect = effectOf(state?.status ?? 'none', event.type);
  if (event.type === 'project.created') return born(event);
  if (state === null || event.seq !== state.seq + 1) {
    throw new CorruptLogError({
      what: `The log of ${event.projectId}`,
      reason: `event ${event.seq} follows ${state?.seq ?? 0}`,
    });
  }
  if (isCallEvent(event)) foldCall(state, event);
  else (handlers[event.type] as Handler<NonCall>)(state, event.body, event);
  if (effect === 'run') state.status = STATUS.running;
  touch(state, event);
  state.seq = event.seq;
  state.updatedAt = event.at;
  return state;
}
