import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, type Project, usd } from 'vidpipe';
import { type ImageModel, perImage, perMillionTokens, ProviderError, type Reply } from 'vidpipe/provider';
import { mockImageModel, mockTextModel, mockVideoModel, paper } from 'vidpipe/testing';
import { TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor, still, storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const price = perMillionTokens({ input: usd(1), output: usd(4) });

/** Writes `count` scenes; `cutEvery` as in `storyboardOf`. */
const writer = (count: number, cutEvery?: number, wait: () => Promise<void> = () => Promise.resolve()) =>
  mockTextModel({
    price,
    generate: async ({ schema }): Promise<Reply> => {
      await wait();
      const board = storyboardOf(count, cutEvery);
      const whole = JSON.stringify(schema).includes('styleGuide');
      const bytes = new TextEncoder().encode(
        JSON.stringify(whole ? board : { scenes: storyboardOf(count + 1, cutEvery).scenes.slice(1) }),
      );
      return { state: 'succeeded', outputs: [{ bytes }], usage: { inputTokens: 900, outputTokens: 300 } };
    },
  });

const asked = { prompt: 'p', duration: 12, clipDuration: 4 } as const;
const run = (pipeline: Pipeline, id: string) => world.clock.run(pipeline.run(id));
const approve = async (pipeline: Pipeline, id: string, gate: 'plan' | 'storyboard' | 'keyframes' | 'clips') =>
  pipeline.approve(id, gate, (await pipeline.plan(id)).digest);

describe('a plan', () => {
  it.each([
    ['one chain', undefined],
    ['cuts', 1],
    ['two chains', 2],
  ])('of words that are there costs what the ledger says afterwards: %s', async (_, cutEvery) => {
    const pipeline = world.pipeline();
    const safety = { remedies: [] };
    const { id } = await pipeline.create(settingsFor(4, { storyboard: storyboardOf(4, cutEvery), safety }));
    const plan = await pipeline.plan(id);
    const { project } = await run(pipeline, id);
    expect(plan.cost).toMatchObject({ expected: project.money.charged, exact: true });
    expect(plan.cost.worst).toBe(4 * project.money.charged);
    expect(plan.calls).toBe(world.emitted.filter(({ type }) => type === 'call.intended').length);
    expect(plan).toMatchObject({ reused: 0, seconds: 16, charged: 0, gate: null });
    const after = await pipeline.plan(id);
    expect(after).toMatchObject({ calls: 0, cost: { expected: 0, worst: 0 }, charged: project.money.charged });
    expect(after.reused).toBe(plan.steps.length);
    expect(after.digest).toBe(plan.digest);
  });

  it('of scenes that are written anew counts that they may begin with a cut', async () => {
    const pipeline = world.pipeline({ text: writer(3, 1) });
    const { project } = await world.film(pipeline, 3, { safety: { remedies: [] } });
    await pipeline.revise(project.id, { rewrite: 'all' });
    const { cost, steps } = await pipeline.plan(project.id);
    const { project: after } = await run(pipeline, project.id);
    const frames = after.steps.filter(({ kind }) => kind === 'keyframe').length;
    expect(frames).toBe(steps.filter(({ kind }) => kind === 'keyframe').length + 2);
    // Four tries of each.
    const tries = steps.filter(({ kind }) => kind === 'clip').length * 4 * usd('0.2') + frames * 4 * usd('0.02');
    expect(cost.worst).toBeGreaterThanOrEqual(tries);
  });

  it.each([
    ['the first one', 0, true],
    ['the first one', 0, false],
    ['another one', 1, true],
    ['another one', 1, false],
  ])('of scenes to be written before %s (%i) pays all once: finished %s', async (_, at, isFinished) => {
    const pipeline = world.pipeline({ text: writer(1, Infinity, () => world.clock.sleep(25_000)) });
    const storyboard = { ...storyboardOf(3), scenes: storyboardOf(4).scenes.slice(1) };
    const { id, scenes } = await pipeline.create(settingsFor(3, { storyboard }));
    if (isFinished) await run(pipeline, id);
    const before = world.emitted.filter(({ type }) => type === 'call.intended').length;
    const add = { scenes: 1, before: scenes[at]?.id ?? '' };
    const { calls, superseded } = await pipeline.plan(id, { add });
    await pipeline.revise(id, { add });
    expect((await run(pipeline, id)).status).toBe('completed');
    const bought = world.emitted.flatMap(({ type, body }) => (type === 'call.intended' ? [body.stepId] : []));
    expect(bought.length - before).toBe(calls);
    if (!isFinished) expect(new Set(bought).size).toBe(bought.length);
    else expect(superseded).toContain(`clip:${add.before}`);
  });

  it('of a clip of the user that is blocked is to buy what takes its place', async () => {
    const pipeline = world.pipeline();
    const { id, scenes } = await pipeline.create(settingsFor(1));
    const clip = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });
    const {
      scenes: [scene],
    } = await pipeline.revise(id, { supply: { [scenes[0]?.id ?? '']: { clip } } });
    await pipeline.block(id, scene?.clip?.digest ?? 'sha256-', 'not this');
    const plan = await pipeline.plan(id);
    const { project } = await run(pipeline, id);
    expect(plan).toMatchObject({ calls: 3, cost: { expected: project.money.charged } });
  });

  it('of words that have come, and that nobody has read yet, pays nothing for them', async () => {
    const isWritten = ({ type }: { readonly type: string }): boolean => type === 'storyboard.written';
    const append: typeof world.events.append = (batch) =>
      batch.events.some(isWritten) ? Promise.reject(new Error('no room')) : world.events.append(batch);
    const pipeline = world.pipeline({ text: writer(3) }, { events: withMembers(world.events, { append }) });
    const { id } = await pipeline.create(asked);
    const before = await pipeline.plan(id);
    await run(pipeline, id);
    const plan = await world.pipeline({ text: writer(3) }).plan(id);
    expect(plan.calls).toBe(before.calls - 1);
    expect(plan.steps[0]).toMatchObject({ kind: 'storyboard', takes: 0, cost: { expected: 0 } });
    expect(plan.steps[0]?.cost.worst).toBeGreaterThan(0);
  });

  it('of settings alone stores and sends nothing, and is that of the project they make', async () => {
    const text = writer(3);
    const pipeline = world.pipeline({ text });
    const settings = { ...asked, seed: 1 };
    const dry = await pipeline.plan(settings);
    expect((await pipeline.list()).items).toEqual([]);
    const { id } = await pipeline.create(settings);
    expect(await pipeline.plan(id)).toEqual(dry);
    expect(text.calls).toEqual([]);
  });

  it('of words that are still to be written is an interval that holds what it then costs', async () => {
    const pipeline = world.pipeline({ text: writer(3, 1) });
    const { id } = await pipeline.create(asked);
    const plan = await pipeline.plan(id);
    expect(plan.cost.exact).toBe(false);
    expect(plan.steps.map(({ kind }) => kind).filter((kind) => kind === 'clip')).toHaveLength(3);
    const { project, status } = await run(pipeline, id);
    expect(status).toBe('completed');
    expect(project.money.charged).toBeLessThanOrEqual(Number(plan.cost.worst));
    expect(Number(plan.cost.expected)).toBeLessThanOrEqual(Number(plan.cost.worst));
  });

  it('counts scenes that were asked for, before and after they are written', async () => {
    const pipeline = world.pipeline({ text: writer(2) });
    const { project } = await world.film(pipeline, 2);
    const done = await pipeline.plan(project.id);
    await pipeline.expand(project.id, 2);
    const wider = await pipeline.plan(project.id);
    expect(wider.digest).not.toBe(done.digest);
    expect(wider).toMatchObject({ calls: 5, seconds: 16 });
    const { project: after } = await run(pipeline, project.id);
    expect(after.money.charged - project.money.charged).toBeLessThanOrEqual(Number(wider.cost.worst));
  });

  it('says null where nobody knows a price, and shortens the film by its fades', async () => {
    const pipeline = world.pipeline({ image: mockImageModel() });
    const { id } = await pipeline.create(settingsFor(3, { transition: { kind: 'fade', seconds: 0.5 } }));
    const plan = await pipeline.plan(id);
    expect(plan.cost).toEqual({ expected: null, worst: null, exact: false });
    expect(plan.seconds).toBe(11);
  });
});

describe('gates', () => {
  const waitsAt = (project: Project): unknown =>
    project.waiting?.reason === 'gate' ? project.waiting.gate : project.status;

  it('hold back everything behind them, each once, and nothing else', async () => {
    const pipeline = world.pipeline({ text: writer(3) });
    const { id } = await pipeline.create({ ...asked, gates: ['plan', 'storyboard', 'keyframes', 'clips'] });
    const made: string[][] = [];
    for (const gate of ['plan', 'storyboard', 'keyframes', 'clips'] as const) {
      const { project } = await run(pipeline, id);
      expect(waitsAt(project)).toBe(gate);
      expect((await pipeline.plan(id)).gate).toBe(gate);
      made.push([...new Set(project.steps.filter(({ status }) => status === 'completed').map(({ kind }) => kind))]);
      await approve(pipeline, id, gate);
    }
    expect(made).toEqual([[], ['storyboard'], ['storyboard', 'keyframe'], ['storyboard', 'keyframe', 'clip']]);
    expect((await run(pipeline, id)).status).toBe('completed');
  });

  it('are approved for one plan only, and not before they are reached', async () => {
    const pipeline = world.pipeline({ text: writer(3) });
    const { id } = await pipeline.create({ ...asked, gates: ['storyboard', 'clips'] });
    const { digest } = await pipeline.plan(id);
    await expect(pipeline.approve(id, 'storyboard', digest)).rejects.toThrow('is not made yet');
    await expect(pipeline.approve(id, 'keyframes', digest)).rejects.toThrow('it has storyboard, clips');
    await run(pipeline, id);
    await expect(pipeline.approve(id, 'storyboard', digest)).rejects.toMatchObject({ code: 'stale-plan' });
    await approve(pipeline, id, 'storyboard');
    expect(waitsAt((await run(pipeline, id)).project)).toBe('clips');
  });

  it('cover the ones before them, and close again at a change', async () => {
    const pipeline = world.pipeline({ text: writer(2) });
    const { id } = await pipeline.create(settingsFor(2, { gates: ['plan', 'storyboard', 'clips'] }));
    await approve(pipeline, id, 'storyboard');
    expect(waitsAt((await run(pipeline, id)).project)).toBe('clips');
    await approve(pipeline, id, 'clips');
    await pipeline.expand(id, 2);
    const asked = await run(pipeline, id);
    expect([waitsAt(asked.project), asked.project.scenes.length]).toEqual(['plan', 2]);
    await approve(pipeline, id, 'plan');
    const written = await run(pipeline, id);
    expect([waitsAt(written.project), written.project.scenes.length]).toEqual(['storyboard', 4]);
    await pipeline.revise(id, { settings: { transition: { kind: 'fade', seconds: 1 } } });
    expect(waitsAt((await run(pipeline, id)).project)).toBe('plan');
  });

  it('let no call pass what the approved plan costs at most', async () => {
    const failed: Reply = { state: 'failed', kind: 'invalid-request', message: 'no', charged: 'yes' };
    let failing = true;
    const { model } = still({ clock: world.clock });
    const image = mockImageModel({
      price: perImage(usd('0.02')),
      generate: (request, call) => (failing ? Promise.resolve(failed) : (model as ImageModel).generate(request, call)),
    });
    const pipeline = world.pipeline({ image });
    const { id } = await pipeline.create(settingsFor(1, { gates: ['plan'], safety: { remedies: [] } }));
    const { cost } = await pipeline.plan(id);
    await approve(pipeline, id, 'plan');
    let project = await pipeline.get(id);
    for (let tries = 0; tries < 60 && project.waiting === null; tries += 1) ({ project } = await run(pipeline, id));
    expect(waitsAt(project)).toBe('plan');
    expect(project.money.charged).toBeLessThanOrEqual(Number(cost.worst));
    expect(project.money.charged + usd('0.02')).toBeGreaterThan(Number(cost.worst));
    failing = false;
    await approve(pipeline, id, 'plan');
    expect((await run(pipeline, id)).status).toBe('completed');
  });
});

describe('a model whose outcomes stay unknown', () => {
  const unknown = (): Promise<never> =>
    Promise.reject(new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'reset' }));

  it('is resubmitted a few times with waits between, then its step waits for it', async () => {
    const image = mockImageModel({ generate: unknown });
    const pipeline = world.pipeline({ image });
    const began = world.clock.monotonic();
    const result = await world.film(pipeline, 1);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'provider', model: 'mock:still' } });
    expect(image.calls).toHaveLength(4);
    expect(world.clock.monotonic() - began).toBeGreaterThan(3_000);
  });

  it('is resubmitted once for each answer of the user', async () => {
    const video = mockVideoModel({ start: unknown });
    const pipeline = world.pipeline({ video });
    const { project } = await world.film(pipeline, 1);
    if (project.waiting?.reason !== 'unknown-charge') throw new Error('it does not wait');
    await pipeline.resolve(project.waiting.calls[0] ?? '', 'resubmit');
    expect((await run(pipeline, project.id)).status).toBe('waiting');
    expect(video.calls).toHaveLength(2);
  });
});
