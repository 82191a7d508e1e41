import type { EventBodies } from './events.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { AppliedRemedy, ProjectState, SceneRecord } from './state.ts';

const NONE: readonly AppliedRemedy[] = [];

/** What remedies and moves of a step are kept under: its words too, so that other words have none, and the first words have theirs again. */
export function wordsKey({ scene, memo }: SceneRecord, stepId: string): string {
  let words = memo.get('words');
  if (words === undefined) {
    const { id: _id, seconds: _seconds, enters: _enters, ...rest } = scene;
    memo.set('words', (words = fingerprintOf(rest)));
  }
  return `${stepId} ${words}`;
}

/** The remedies of a step that stand, in the order of the log. */
export function remediesOf(state: ProjectState, record: SceneRecord, stepId: string): readonly AppliedRemedy[] {
  return state.remedies.size === 0 ? NONE : (state.remedies.get(wordsKey(record, stepId)) ?? NONE);
}

/** Folds a remedy. Mutates. */
export function applyRemedy(state: ProjectState, record: SceneRecord, body: EventBodies['remedy.applied']): void {
  const applied = { body, words: null, ended: false };
  const key = wordsKey(record, body.stepId);
  state.remedies.set(key, [...(state.remedies.get(key) ?? []), applied]);
}

/** Those of the list that a step's own refusals have asked for; a still, or the clip before, may have others, asked for by a clip. */
export function ownRemedies(applied: readonly AppliedRemedy[]): readonly AppliedRemedy[] {
  return applied.filter(({ body }) => body.askedBy === body.stepId && body.remedy.kind !== 'retake');
}

/** Other takes that `inspect` has asked for. */
export function retakes(applied: readonly AppliedRemedy[]): readonly AppliedRemedy[] {
  return applied.filter(({ body }) => body.remedy.kind === 'retake');
}

/** Those that make something of the request: all but rewrites that the writer refused. */
export function inForce(applied: readonly AppliedRemedy[]): readonly AppliedRemedy[] {
  return applied.filter(({ body, words, ended }) => !(ended && words === null && body.remedy.kind === 'rewrite'));
}

/** A rewrite that a step waits for. */
export function owedRewrite(applied: readonly AppliedRemedy[]): AppliedRemedy | undefined {
  return applied.find(({ body, words, ended }) => body.remedy.kind === 'rewrite' && words === null && !ended);
}
