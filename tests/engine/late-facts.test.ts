import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, type ProjectEvent, usd } from 'vidpipe';
import { type OperationStatus, perSecond } from 'vidpipe/provider';
import { mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, settingsFor, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Answer = Parameters<Pipeline['resolve']>[1];
type Video = NonNullable<Parameters<typeof mockVideoModel>[0]>;

/** Worst price of a clip, and what each picture costs. */
const [WORST, PICTURES] = [200_000, 40_000];
const BUDGET = usd(1);

/** A clip model whose first answer comes only when `answer` is called, long after its deadline; it bills `bill` for that clip. */
class Late {
  readonly video: ReturnType<typeof mockVideoModel>;
  answer: () => void = () => undefined;
  first = '';

  constructor(end: Partial<OperationStatus> | null, more: Video = {}) {
    const inner = videoOf(clip({ clock: world.clock }));
    this.video = mockVideoModel({
      price: perSecond(usd('0.05')),
      times: { submitWithinMs: 1_000, requestDeadlineMs: 2_000 },
      start: async (request, call) => {
        const found = await inner.start(request, call);
        if (this.first !== '') return found;
        this.first = call.callId;
        await new Promise<void>((resolve) => (this.answer = resolve));
        return found;
      },
      check: async (handle, call) => {
        const status = await inner.check(handle, call);
        const isLate = handle['callId'] === this.first && status.state === 'succeeded';
        return isLate && end !== null ? ({ ...status, ...end } as OperationStatus) : status;
      },
      ...more,
    });
  }

  get starts(): number {
    return this.video.calls.filter(({ member }) => member === 'start').length;
  }
}

/** A project that waits for an answer about its clip. */
async function asking(late: Late): Promise<{ readonly id: string; readonly pipeline: Pipeline }> {
  const pipeline = world.pipeline({ video: late.video });
  const { project, ...rest } = await world.film(pipeline, 1, { budget: BUDGET });
  expect(rest).toMatchObject({ status: 'waiting', waiting: { reason: 'unknown-charge', calls: [late.first] } });
  expect(project.money).toEqual({ charged: PICTURES, held: 0, unknown: WORST, superseded: 0 });
  expect(await world.events.pool(`project/${project.id}`)).toMatchObject({ held: WORST, charged: PICTURES });
  return { id: project.id, pipeline };
}

/** The pool must have what the ledger has: what is charged and what may be. */
async function expectAgreed(pipeline: Pipeline, id: string, spent: number): Promise<void> {
  const { charged, held, unknown } = (await pipeline.get(id)).money;
  const pool = await world.events.pool(`project/${id}`);
  expect([charged + held + unknown, pool.held + pool.charged]).toEqual([spent, spent]);
}

const bill = (microUsd: number): Partial<OperationStatus> => ({ usage: { microUsd } });

describe('a report of the provider that comes after an answer', () => {
  const failed: Partial<OperationStatus> = { state: 'failed', kind: 'transient', message: 'no', charged: 'no' };
  const doubtful: Partial<OperationStatus> = { state: 'failed', kind: 'transient', message: 'no', charged: 'unknown' };

  it.each([
    ['charged', 'costs less', bill(150_000), 150_000],
    ['charged', 'costs more', bill(250_000), 250_000],
    ['charged', 'costs nothing', failed, 0],
    ['charged', 'costs nobody knows what', doubtful, WORST],
    ['not-charged', 'costs something', bill(150_000), 150_000],
    ['not-charged', 'costs nothing', failed, 0],
    ['not-charged', 'costs nobody knows what', doubtful, WORST],
    ['resubmit', 'costs something', bill(150_000), 150_000],
    ['abandon', 'costs nothing', failed, 0],
  ] as const)('%s: it %s, and ledger and pool are corrected', async (outcome: Answer, _, end, cost) => {
    const late = new Late(end);
    const { id, pipeline } = await asking(late);
    await pipeline.resolve(late.first, outcome);
    late.answer();
    await world.clock.advance(0);
    await expectAgreed(pipeline, id, PICTURES + WORST);
    await world.clock.advance(60_000);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
    await expectAgreed(pipeline, id, PICTURES + cost);
  });

  it('is adopted as the take that counts, where nothing was bought instead', async () => {
    const late = new Late(null);
    const { id, pipeline } = await asking(late);
    await pipeline.resolve(late.first, 'not-charged');
    late.answer();
    const { status, project } = await world.clock.run(pipeline.run(id));
    expect([status, late.starts]).toEqual(['completed', 1]);
    expect(project.money).toEqual({ charged: PICTURES + WORST, held: 0, unknown: 0, superseded: 0 });
  });

  it('is kept as a take, and leaves the film as it is, where a new call was sent', async () => {
    const late = new Late(null);
    const { id, pipeline } = await asking(late);
    await pipeline.resolve(late.first, 'resubmit');
    const before = await world.clock.run(pipeline.run(id));
    const sent = world.emitted.filter((event) => event.type === 'call.intended' && event.body.kind === 'video');
    expect(sent.map(({ body }) => (body as { readonly replaces: string | null }).replaces)).toEqual([null, late.first]);
    expect([before.status, before.project.money]).toEqual([
      'completed',
      { charged: PICTURES + WORST, held: 0, unknown: WORST, superseded: 0 },
    ]);
    late.answer();
    await world.clock.advance(60_000);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
    const settled = world.emitted.findLast(
      (event): event is Extract<ProjectEvent, { type: 'call.settled' }> => event.type === 'call.settled',
    );
    expect(settled?.body).toMatchObject({ callId: late.first, outcome: 'succeeded', made: [expect.anything()] });
    const after = await world.clock.run(pipeline.run(id));
    expect(after.project.money).toEqual({ charged: PICTURES + 2 * WORST, held: 0, unknown: 0, superseded: 0 });
    expect(after.project.filmAsset).toEqual(before.project.filmAsset);
    expect(after.project.scenes[0]?.clip).toEqual(before.project.scenes[0]?.clip);
    await expectAgreed(pipeline, id, PICTURES + 2 * WORST);
  });
});

describe('an answer that is given anew', () => {
  it.each([
    ['charged', 'not-charged', 0],
    ['not-charged', 'charged', WORST],
    ['not-charged', 'resubmit', WORST],
    ['charged', 'abandon', WORST],
  ] as const)('%s, then %s: ledger and pool are corrected', async (first, second, cost) => {
    const late = new Late(null);
    const { id, pipeline } = await asking(late);
    await pipeline.resolve(late.first, first);
    await pipeline.resolve(late.first, second);
    await expectAgreed(pipeline, id, PICTURES + cost);
  });
});

it('what nobody can tell of stays held: nothing is bought that would not fit beside it', async () => {
  const late = new Late(null);
  const pipeline = world.pipeline({ video: late.video });
  const { id } = await pipeline.create(settingsFor(1, { budget: usd('0.3'), onUnknown: { video: 'resubmit' } }));
  const result = await world.clock.run(pipeline.run(id));
  expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'budget', missing: 140_000 } });
  expect(result.project.money).toEqual({ charged: PICTURES, held: 0, unknown: WORST, superseded: 0 });
  expect(late.starts).toBe(1);
});
