import { createHash } from 'node:crypto';
import type { EventDraft, ProjectEvent } from '../../src/project/events.ts';
import { applyEvent } from '../../src/project/fold.ts';
import type { Step } from '../../src/project/steps.ts';
import type { ProjectState } from '../../src/project/state.ts';
import type { Scene } from '../../src/project/storyboard.ts';
import type { Asset, MicroUsd } from '../../src/spec/index.ts';

/** A log that is folded as it grows, and kept, so that a fold from the start can be compared. */
export class TestLog {
  readonly events: ProjectEvent[] = [];
  #state: ProjectState | null = null;

  get state(): ProjectState {
    if (this.#state === null) throw new Error('nothing was appended');
    return this.#state;
  }

  append(...drafts: readonly EventDraft[]): void {
    for (const draft of drafts) {
      const event = {
        seq: this.events.length + 1,
        at: '2026-01-01T00:00:00.000Z',
        projectId: 'p',
        format: 1,
        ...draft,
      };
      this.events.push(event);
      this.#state = applyEvent(this.#state, structuredClone(event));
    }
  }

  refolded(): ProjectState {
    return this.events.reduce<ProjectState | null>(
      (state, event) => applyEvent(state, structuredClone(event)),
      null,
    ) as ProjectState;
  }
}

export function sceneNamed(id: string, enters: Scene['enters'] = 'continue', seconds = 4): Scene {
  const words = {
    description: `d ${id}`,
    keyDetails: [],
    startPrompt: `s ${id}`,
    endPrompt: `e ${id}`,
    motionPrompt: `m ${id}`,
    transitionNotes: '',
    cast: [],
  };
  return { ...words, id, seconds, enters };
}

export function created(scenes: readonly Scene[] | null, seams: 'frames' | 'from-clip' = 'frames'): EventDraft {
  const styleGuide = { visualStyle: 'v', colorPalette: 'c', cameraStyle: 'k' };
  return {
    type: 'project.created',
    body: {
      settings: {
        prompt: 'p',
        style: 's',
        ratio: '16:9',
        resolution: '720p',
        duration: 8,
        clipDuration: 4,
        models: { text: ['x:t'], image: ['x:i'], video: ['x:v'] },
        audio: true,
        seed: 1,
        negativePrompt: null,
        references: [],
        transition: { kind: 'cut', seconds: 0 },
        budget: null,
        maxScenes: 50,
        takes: 1,
        maxCalls: 1000,
        account: null,
        options: {},
        labels: {},
        gates: [],
        onUnknown: { text: 'resubmit', image: 'resubmit', video: 'ask' },
        safety: { remedies: [], onRefused: 'fail' },
      },
      film: {
        width: 1280,
        height: 720,
        fps: 24,
        seams,
        conditionedBy: 'x:i',
        standIns: { image: [], video: [] },
        standInDurations: {},
        clipReferences: false,
        durations: [4, 6, 8],
      },
      lengths: [4, 4],
      supplied: scenes === null ? null : { styleGuide, characters: [], scenes },
      recipes: 1,
      wish: null,
      warnings: [],
    },
  };
}

export const started = (run: string): EventDraft => ({
  type: 'run.started',
  body: { run, owner: 'o', retryRefused: false },
});

function assetOf(step: Step): Asset {
  return {
    digest: `sha256-${createHash('sha256').update(`${step.id}${step.fingerprint}${step.ordinal}`).digest('hex')}`,
    mediaType: 'x/y',
    size: 1,
  };
}

/** The events that a step's success leaves in the log: a call, or a free step. */
export function success(step: Step, run: string, microUsd = 10): EventDraft[] {
  const ref = { stepId: step.id, fingerprint: step.fingerprint ?? '', ordinal: step.ordinal };
  const made = [{ asset: assetOf(step) }];
  if (step.kind === 'film' || step.kind === 'border') return [{ type: 'step.completed', body: { ...ref, run, made } }];
  const callId = `${step.id}/${ref.fingerprint}/${step.ordinal}`;
  return [
    intended(step, run, callId, microUsd * 2),
    {
      type: 'call.settled',
      body: {
        callId,
        outcome: 'succeeded',
        charged: microUsd as MicroUsd,
        usage: null,
        made,
        failure: null,
        blocked: null,
      },
    },
  ];
}

export function intended(step: Step, run: string, callId: string, worst: number): EventDraft {
  const ref = { stepId: step.id, fingerprint: step.fingerprint ?? '', ordinal: step.ordinal };
  const price = { expected: worst as MicroUsd, worst: worst as MicroUsd, exact: true };
  const kind = step.kind === 'clip' ? 'video' : step.kind === 'keyframe' ? 'image' : 'text';
  return {
    type: 'call.intended',
    body: {
      ...ref,
      callId,
      run,
      owner: 'o',
      model: 'x:v',
      kind,
      attempt: 0,
      remedy: null,
      request: {},
      priced: { model: 'x:v', at: '' },
      price,
      submitWithinMs: 1,
      requestDeadlineMs: 1,
      replaces: null,
    },
  };
}
