import { type GateName, GATES, type StepKind } from './kinds.ts';
import type { ProjectState } from './state.ts';
import { STEP, type StepStatus } from './status.ts';

/** What gates look at of a step. */
interface Standing {
  readonly kind: StepKind;
  readonly status: StepStatus;
  readonly skipped: boolean;
}

/** The last gate that a step of each kind stands behind; the ones before it count too. */
const BEHIND: Readonly<Record<StepKind, GateName>> = {
  storyboard: 'plan',
  scenes: 'plan',
  rewrite: 'storyboard',
  keyframe: 'storyboard',
  border: 'keyframes',
  clip: 'keyframes',
  film: 'clips',
};

const place = (gate: GateName): number => GATES.indexOf(gate);

/** Whether a gate was asked for and is not approved (any more). */
function isClosed({ settings, approved }: ProjectState, gate: GateName): boolean {
  return settings.gates.includes(gate) && !approved.has(gate);
}

/** Whether a step of a kind waits for an approval. Where frames are drawn, those out of clips of the user's own are what others are drawn from. */
export function isHeld(state: ProjectState, kind: StepKind): boolean {
  const behind = kind === 'border' && state.film.seams === 'frames' ? BEHIND.keyframe : BEHIND[kind];
  return GATES.slice(0, place(behind) + 1).some((gate) => isClosed(state, gate));
}

/** Whether everything before a gate is done, so that there is something to approve. */
export function isReached(steps: readonly Standing[], gate: GateName): boolean {
  return steps.every(
    ({ kind, status, skipped }) => skipped || place(BEHIND[kind]) >= place(gate) || status === STEP.completed,
  );
}

/** The gate that a project waits at: the first closed one, once everything before it is done. */
export function gateReached(state: ProjectState, steps: readonly Standing[]): GateName | null {
  const gate = GATES.find((each) => isClosed(state, each));
  return gate !== undefined && isReached(steps, gate) ? gate : null;
}

/** Opens a gate and the ones before it. Mutates. */
export function approveGate(state: ProjectState, gate: GateName): void {
  for (const each of GATES.slice(0, place(gate) + 1)) state.approved.add(each);
}

/** Closes a gate and the later ones, as a change does. Mutates. */
export function reopenGates(state: ProjectState, from: GateName): void {
  for (const each of GATES.slice(place(from))) state.approved.delete(each);
}
