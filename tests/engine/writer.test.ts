import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunResult, usd } from 'vidpipe';
import { perCall, type Reply, type TextRequest } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const good = JSON.stringify(storyboardOf(2));
const text = (reply: string): Reply => ({
  state: 'succeeded',
  outputs: [{ bytes: new TextEncoder().encode(reply) }],
  usage: { calls: 1 },
});

/** A writer that answers one after another; the last answer stays. */
function writer(replies: readonly Reply[]): ReturnType<typeof mockTextModel> {
  let nth = 0;
  return mockTextModel({
    price: perCall(usd('0.01')),
    generate: () => Promise.resolve(replies[Math.min(nth++, replies.length - 1)] ?? text('')),
  });
}

async function run(model: ReturnType<typeof mockTextModel>): Promise<RunResult> {
  const pipeline = world.pipeline({ text: model });
  const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, seed: 1 });
  return world.clock.run(pipeline.run(id));
}

function asked(model: ReturnType<typeof mockTextModel>): readonly TextRequest[] {
  return model.calls.map(({ args }) => args[0] as TextRequest);
}

const scenes = (count: number): string => JSON.stringify(storyboardOf(count));
const faults = [
  ['not-json', 'a story about a whale'],
  ['cut-off', good.slice(0, 200)],
  ['count', scenes(3)],
  ['count', scenes(1)],
  ['schema', good.replace('"startPrompt"', '"start"')],
  ['schema', JSON.stringify({ ...storyboardOf(2), scenes: 'none' })],
  ['schema', JSON.stringify({ ...storyboardOf(2), characters: [{ name: 'x'.repeat(5_000_00) }] })],
  ['empty', '   '],
] as const;

describe('a reply that can not be used', () => {
  it.each(faults)('%s: is told to the writer, and the second one is taken', async (fault, reply) => {
    const model = writer([text(reply), text(good)]);
    const result = await run(model);
    expect(result.status).toBe('completed');
    const requests = asked(model);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.prompt).toContain(`(${fault})`);
    expect(requests[1]?.temperature).toBe(requests[0]?.temperature);
    const written = world.emitted.find(({ type }) => type === 'storyboard.written');
    expect(written?.body).toMatchObject({ attempt: 2 });
    expect(result.project.money.charged).toBe(2 * 10_000 + 3 * 20_000 + 2 * 4 * 50_000);
  });

  it('three different ones end it; every try is in the ledger, and the last reply and fault are kept', async () => {
    const model = writer([text('one'), text('two'), text('three'), text(good)]);
    const result = await run(model);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'storyboard-not-json' } });
    expect(asked(model)).toHaveLength(3);
    expect(result.project.money.charged).toBe(30_000);
    const settled = world.emitted.findLast(({ type }) => type === 'call.settled');
    const made = settled?.type === 'call.settled' ? settled.body.made[0]?.asset.digest : undefined;
    expect(await new Response(await world.assets.get(made ?? 'sha256-')).text()).toBe('three');
  });

  it('the same one twice ends it at once', async () => {
    const model = writer([text('one')]);
    expect((await run(model)).status).toBe('failed');
    expect(asked(model)).toHaveLength(2);
  });

  const blocked: Reply = { state: 'blocked', reasons: ['no'], codes: ['7'], input: 'prompt', charged: 'no' };

  it('a block by the filter is told to the writer, who may write it in another way', async () => {
    const model = writer([blocked, text(good)]);
    expect((await run(model)).status).toBe('completed');
    const [first, second] = asked(model);
    expect(first?.prompt).not.toContain('content filter');
    expect(second?.prompt).toContain('A content filter refused it: no Tell it so that everyone may see it');
    expect(second?.seed).not.toBe(first?.seed);
  });

  it('a third block by the filter refuses the step, with its codes', async () => {
    const model = writer([blocked]);
    const result = await run(model);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(asked(model)).toHaveLength(3);
    expect(result.project.steps[0]?.status).toBe('refused');
    expect(result.project.money.charged).toBe(0);
    const refused = world.emitted.findLast(({ type }) => type === 'step.refused');
    expect(refused?.body).toMatchObject({ stepId: 'storyboard', codes: ['7'], input: 'prompt' });
    const again = world.clock.run(world.pipeline({ text: model }).run(result.project.id, { retry: 'refused' }));
    expect((await again).status).toBe('failed');
    expect(asked(model)).toHaveLength(4);
  });

  it('an own key named __proto__ is read past', async () => {
    const result = await run(writer([text(good.replace('{', '{"__proto__":{"polluted":true},'))]));
    expect(result.status).toBe('completed');
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  });
});

it('added scenes go through the same repair', async () => {
  const added = JSON.stringify({ scenes: storyboardOf(1).scenes });
  const model = writer([text(good), text('nothing'), text(added)]);
  const result = await run(model);
  const { id } = result.project;
  const pipeline = world.pipeline({ text: model });
  await pipeline.expand(id, 1, { direction: 'end at dawn' });
  const longer = await world.clock.run(pipeline.run(id));
  expect(longer.status).toBe('completed');
  expect(longer.project.scenes).toHaveLength(3);
  expect(asked(model)[1]?.prompt).toContain('end at dawn');
  expect(asked(model)[2]?.prompt).toContain('(not-json)');
  expect(longer.project.scenes.slice(0, 2)).toEqual(result.project.scenes);
});

it('is judged when it comes late, also while another request for the same words is not accounted for', async () => {
  let answer: (reply: Reply) => void = () => undefined;
  const late = new Promise<Reply>((resolve) => (answer = resolve));
  const lost = (): Promise<Reply> => {
    answer(text(good));
    return new Promise(() => undefined);
  };
  const replies = [(): Promise<Reply> => late, lost];
  const model = mockTextModel({
    price: perCall(usd('0.01')),
    times: { submitWithinMs: 2_000, requestDeadlineMs: 1_000 },
    generate: () => replies.shift()?.() ?? Promise.reject(new Error('asked a third time')),
  });
  const pipeline = world.pipeline({ text: model });
  const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, seed: 1 });
  expect(await world.clock.run(pipeline.run(id))).toMatchObject({ status: 'completed' });
  expect(model.calls).toHaveLength(2);
});
