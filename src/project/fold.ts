import { CorruptLogError } from '../errors/index.ts';
import type { EventBodies, EventType, ProjectEvent, ReplacedReason, StepRef } from './events.ts';
import { foldCall, isCallEvent } from './fold-calls.ts';
import { approveGate, reopenGates } from './gates.ts';
import { moveTo } from './model-lists.ts';
import { applyRemedy, ownRemedies, remediesOf } from './applied-remedies.ts';
import { type AppliedRemedy, type EventOf, type ProjectState, sceneOfStep, type SceneRecord, stepAt } from './state.ts';
import { STATUS } from './status.ts';
import { effectOf } from './transitions.ts';
import type { Scene } from './storyboard.ts';

/** Records of scenes, found by id from now on. */
function recordsOf(index: Map<string, SceneRecord>, scenes: readonly Scene[]): SceneRecord[] {
  return scenes.map((scene) => {
    const record: SceneRecord = { scene, memo: new Map() };
    index.set(scene.id, record);
    return record;
  });
}

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
    moves: new Map(),
    calls: new Map(),
    open: new Set(),
    run: null,
    stopRequested: false,
    approved: new Set(),
    ceiling: null,
    crash: null,
    ledger: { charged: 0, held: 0, unknown: 0 },
  };
}

function forgetFingerprints(state: ProjectState): void {
  state.memo.clear();
  for (const scene of state.scenes) scene.memo.clear();
}

/** Puts scenes before the one named, or at the end. */
function insertScenes(state: ProjectState, scenes: readonly Scene[], before: string | null): void {
  const found = before === null ? -1 : state.scenes.findIndex((known) => known.scene.id === before);
  const records = recordsOf(state.sceneIndex, scenes);
  state.scenes.splice(found < 0 ? state.scenes.length : found, 0, ...records);
}

/** The step that an event is about; `null` where it may mean any. */
function stepOf(state: ProjectState, event: ProjectEvent): string | null {
  if (event.type === 'storyboard.written' || event.type === 'scenes.added') return null;
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

type Handler<T extends EventType> = (state: ProjectState, body: EventBodies[T], event: EventOf<T>) => void;
type NonCall = Exclude<EventType, `call.${string}` | 'project.created'>;

const handlers: { readonly [T in NonCall]: Handler<T> } = {
  'settings.changed': (state, { settings }) => {
    state.settings = { ...state.settings, ...settings };
    forgetFingerprints(state);
    reopenGates(state, 'plan');
  },
  'scenes.requested': (state, asked) => {
    state.requests.set(asked.requestId, { asked, fulfilled: false });
    reopenGates(state, 'plan');
  },
  'take.requested': (state, { stepId, fingerprint }) => {
    stepAt(state, stepId, fingerprint).extraTakes += 1;
    reopenGates(state, stepId.startsWith('keyframe:') ? 'keyframes' : 'clips');
  },
  'gate.approved': (state, { gate, worst }) => {
    approveGate(state, gate);
    state.ceiling = worst;
  },
  'stop.requested': (state) => void (state.stopRequested = true),
  'run.started': (state, { run, owner, retryRefused }) => {
    state.run = { run, owner, retryRefused, ended: null };
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
    for (const { asset, original } of made)
      at.artifacts.push({ stepId, fingerprint, ordinal, asset, original: original ?? null, callId: null });
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
