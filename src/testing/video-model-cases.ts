import assert from 'node:assert/strict';
import type {
  CallOptions,
  CancelOutcome,
  ClipRequest,
  OperationHandle,
  OperationStatus,
  Reply,
} from 'vidpipe/provider';
import type { ConformanceCase, Harness } from './conformance.ts';
import { type Kind, modelCases, type ModelTest } from './model-cases.ts';
import {
  callTo,
  handleOf,
  outputsOf,
  reopened,
  sniffed,
  type Source,
  tested,
  type VideoCapability,
  type VideoSubject,
} from './model-subject.ts';
import { picture, sizeOf } from './pictures.ts';

/** The shortest clip that the model lists, with all that it can. */
function requestTo(source: Source, given: Partial<ClipRequest> = {}): ClipRequest {
  const { durations, ratios, resolutions = [], audio = false, lastFrame = false } = tested(source, 'video').entry.can;
  const [[seconds = 0], [ratio = '16:9'], [resolution = '720p']] = [durations, ratios, resolutions];
  return {
    prompt: 'The keeper bends down and takes the bottle out of the foam.',
    seconds,
    ratio,
    resolution,
    ...sizeOf(ratio, resolution === '4k' ? 2160 : Number.parseInt(resolution, 10)),
    audio,
    startFrame: picture('start-frame', ratio),
    ...(lastFrame ? { endFrame: picture('end-frame', ratio) } : {}),
    takes: 1,
    ...given,
  };
}

/** One look at an operation that must be over. */
async function ended(subject: VideoSubject, handle: OperationHandle, source: Source = subject): Promise<Reply> {
  const status = await tested(source, 'video').model.check(handle, callTo(subject));
  return status.state === 'running' ? assert.fail('it still runs after `finish`') : status;
}

const studio: Kind<VideoSubject> = {
  kind: 'video',
  submit: async (source, call) => tested(source, 'video').model.start(requestTo(source), call),
  refused: (source) => {
    const { model, entry } = tested(source, 'video');
    const { durations, audio = false, lastFrame = false, takes = 1, references } = entry.can;
    const { ratio } = requestTo(source);
    const asks: Readonly<Record<string, Partial<ClipRequest>>> = {
      'a length that is not listed': { seconds: Math.max(...durations) + 1 },
      'a ratio that is not listed': { ratio: '7:3' },
      'a resolution that is not listed': { resolution: '7p' },
      'more references than listed': {
        references: Array(1 + (references?.most ?? 0)).fill(picture('reference', ratio)),
      },
      'more takes than listed': { takes: takes + 1 },
      'no take': { takes: 0 },
      ...(audio ? {} : { 'sound of a silent model': { audio: true } }),
      ...(lastFrame ? {} : { 'a last frame that it does not take': { endFrame: picture('end-frame', ratio) } }),
    };
    return Object.fromEntries(
      Object.entries(asks).map(([what, ask]) => [
        what,
        (call: CallOptions) => model.start(requestTo(source, ask), call),
      ]),
    );
  },
  final: async (subject, found) => {
    if ('finished' in found) return found.finished;
    await subject.finish();
    return ended(subject, found.handle);
  },
  priced: (source) => {
    const { seconds, audio, resolution } = requestTo(source);
    return { seconds, audio, resolution };
  },
};

/** Starts an operation and gives its handle. */
async function begun(subject: VideoSubject): Promise<OperationHandle> {
  return handleOf(await studio.submit(subject, callTo(subject)));
}

const DELIVERS: readonly ModelTest<VideoSubject>[] = [
  [
    'delivers clips, MP4, as many takes as it lists',
    async (subject) => {
      const { model, entry } = tested(subject, 'video');
      const { takes = 1 } = entry.can;
      const reply = await studio.final(subject, await model.start(requestTo(subject, { takes }), callTo(subject)));
      const clips = await outputsOf(subject, reply);
      assert.deepEqual(clips.map(sniffed), Array(takes).fill('video/mp4'));
      assert.ok(subject.requests() > 0, 'the harness counted no request');
    },
  ],
];

const OPERATIONS: readonly ModelTest<VideoSubject>[] = [
  [
    'says how a running operation stands, without a request that bills',
    async (subject) => {
      const handle = await begun(subject);
      const billed = subject.billed?.();
      const status = await tested(subject, 'video').model.check(handle, callTo(subject));
      assert.ok(['running', 'succeeded'].includes(status.state), `it answered ${status.state}`);
      const { progress = 0 } = status as Extract<OperationStatus, { readonly state: 'running' }>;
      assert.ok(progress >= 0 && progress <= 1, `a progress of ${progress}`);
      assert.equal(subject.billed?.(), billed);
    },
    'handle',
  ],
  [
    'gives a handle that is JSON: read back from a log it serves as well',
    async (subject) => {
      const handle = await begun(subject);
      const read = JSON.parse(JSON.stringify(handle)) as OperationHandle;
      assert.deepEqual(read, handle);
      await subject.finish();
      await outputsOf(subject, await ended(subject, read));
    },
    'handle',
  ],
  [
    'gives a handle that serves another instance',
    async (subject) => {
      const handle = JSON.parse(JSON.stringify(await begun(subject))) as OperationHandle;
      await subject.finish();
      await outputsOf(subject, await ended(subject, handle, reopened(subject)));
    },
    'handle',
    'reopen',
  ],
  [
    'gives the same answer to every look after the end',
    async (subject) => {
      const handle = await begun(subject);
      await subject.finish();
      const looks = [await ended(subject, handle), await ended(subject, handle), await ended(subject, handle)];
      const [first, ...others] = await Promise.all(looks.map((reply) => outputsOf(subject, reply)));
      for (const other of others) assert.deepEqual(other, first);
    },
    'handle',
  ],
];

async function cancel(subject: VideoSubject, handle: OperationHandle): Promise<CancelOutcome['outcome']> {
  const answer = await tested(subject, 'video').model.cancel?.(handle, callTo(subject));
  const { outcome, charged } = answer ?? assert.fail('it has no cancel: name it in `lacks`');
  assert.ok(['cancelled', 'too-late', 'unsupported'].includes(outcome), `an outcome ${outcome}`);
  assert.ok(['yes', 'no', 'unknown'].includes(charged), `charged ${charged}`);
  return outcome;
}

const CANCELS: readonly ModelTest<VideoSubject>[] = [
  [
    'cancels: the same answer when asked again, and what is cancelled does not finish',
    async (subject) => {
      const handle = await begun(subject);
      const outcome = await cancel(subject, handle);
      assert.equal(await cancel(subject, handle), outcome);
      await subject.finish();
      const { state } = await ended(subject, handle);
      if (outcome === 'cancelled') assert.notEqual(state, 'succeeded', 'it finished after it was cancelled');
    },
    'cancel',
    'handle',
  ],
  [
    'does not say of a finished operation that it was cancelled, and keeps its result',
    async (subject) => {
      const handle = await begun(subject);
      await subject.finish();
      await ended(subject, handle);
      assert.notEqual(await cancel(subject, handle), 'cancelled');
      await outputsOf(subject, await ended(subject, handle));
    },
    'cancel',
    'handle',
  ],
];

/**
 * What every video model must do. `lacks` names what the model or the harness leaves out: the cases that need it say `skip`, and a case fails
 * when that list is not right.
 */
export function videoModelCases<S extends VideoSubject>(
  harness: Harness<S>,
  lacks: readonly VideoCapability[] = [],
): readonly ConformanceCase[] {
  const answers: ModelTest<VideoSubject> = [
    'answers with a handle, unless `lacks` names it',
    async (subject) =>
      assert.equal('handle' in (await studio.submit(subject, callTo(subject))), !lacks.includes('handle')),
  ];
  return modelCases(harness, studio, [...DELIVERS, answers, ...OPERATIONS, ...CANCELS], lacks);
}
