import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunResult, usd } from 'vidpipe';
import { type Charged, perImage, perSecond, ProviderError, type Reply } from 'vidpipe/provider';
import { mockImageModel, mockVideoModel, paper } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type More = Parameters<typeof mockVideoModel>[0];

/** A model whose first job is lost. */
function losing(charged?: Charged, more: More = {}): ReturnType<typeof mockVideoModel> {
  const inner = videoOf(clip({ clock: world.clock }));
  let first: unknown;
  return mockVideoModel({
    price: perSecond(usd('0.05')),
    start: (request, call) => inner.start(request, call),
    check: (handle, call) => {
      first ??= handle['callId'];
      const lost = { state: 'failed', kind: 'lost', message: 'no such job' } as const;
      if (handle['callId'] !== first) return inner.check(handle, call);
      return Promise.resolve(charged === undefined ? lost : { ...lost, charged });
    },
    ...more,
  });
}

const starts = (video: ReturnType<typeof losing>): number =>
  video.calls.filter(({ member }) => member === 'start').length;

function waitingCall(result: RunResult): string {
  if (result.status !== 'waiting' || result.waiting.reason !== 'unknown-charge')
    throw new Error(`it is ${result.status}`);
  return result.waiting.calls[0] ?? '';
}

describe('a job that the provider does not know any more', () => {
  it.each([[undefined], ['unknown' as const]])('is not bought again unasked (charged: %s)', async (charged) => {
    const video = losing(charged);
    const pipeline = world.pipeline({ video });
    const result = await world.film(pipeline);
    const callId = waitingCall(result);
    expect(result.project.money.unknown).toBe(200_000);
    const { id } = result.project;
    expect(waitingCall(await world.clock.run(pipeline.run(id)))).toBe(callId);
    expect(starts(video)).toBe(1);
    await pipeline.resolve(callId, 'not-charged');
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(starts(video)).toBe(2);
  });

  it.each([
    ['no', 440_000 - 200_000],
    ['yes', 440_000],
  ] as const)('is bought again where the provider says whether it was charged: %s', async (charged, sum) => {
    const video = losing(charged);
    const result = await world.film(world.pipeline({ video }));
    expect(result.status).toBe('completed');
    expect(result.project.money).toEqual({ charged: sum, held: 0, unknown: 0, superseded: 0 });
  });

  it('is not sent again under its key, nor found again by its own name', async () => {
    const lookUp: NonNullable<More>['lookUp'] = ({ callId }) => Promise.resolve({ handle: { callId } });
    for (const more of [{ idempotent: true }, { lookUp }, { idempotent: true, lookUp }] satisfies More[]) {
      const video = losing(undefined, more);
      waitingCall(await world.film(world.pipeline({ video })));
      expect(starts(video)).toBe(1);
    }
  });

  it('is unknown also where its submission was lost and found before', async () => {
    let started = 0;
    const video = mockVideoModel({
      price: perSecond(usd('0.05')),
      start: () => {
        started += 1;
        return Promise.reject(new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'reset' }));
      },
      lookUp: () => Promise.resolve({ handle: { job: 1 } }),
      check: () => Promise.resolve({ state: 'failed', kind: 'lost', message: 'no such job' }),
    });
    waitingCall(await world.film(world.pipeline({ video })));
    expect([started, video.calls.filter(({ member }) => member === 'check').length]).toEqual([1, 1]);
  });

  it('that is told at once is not bought again unasked either', async () => {
    const lost: Reply = { state: 'failed', kind: 'lost', message: 'gone' };
    const image = mockImageModel({ price: perImage(usd('0.02')), generate: () => Promise.resolve(lost) });
    const result = await world.film(world.pipeline({ image }), 1, { onUnknown: { image: 'ask' } });
    waitingCall(result);
    expect(image.calls).toHaveLength(1);
  });

  it('is looked for where it may have left its result', async () => {
    const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });
    const finished: Reply = { state: 'succeeded', outputs: [{ bytes }], usage: { seconds: 4 } };
    const video = losing(undefined, { lookUp: () => Promise.resolve({ finished }) });
    const result = await world.film(world.pipeline({ video }));
    expect(result.status).toBe('completed');
    expect(result.project.money).toEqual({ charged: 240_000, held: 0, unknown: 0, superseded: 0 });
    expect(starts(video)).toBe(1);
  });

  it('is asked about when nothing is found there', async () => {
    const video = losing(undefined, { lookUp: () => Promise.resolve(undefined) });
    waitingCall(await world.film(world.pipeline({ video })));
    expect(starts(video)).toBe(1);
  });
});
