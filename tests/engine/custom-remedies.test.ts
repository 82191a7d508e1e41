import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CustomRemedies, type CustomRemedy, type ProjectEvent, type Remedy, type RemedyInput, usd } from 'vidpipe';
import { defineProvider, perSecond } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { asked, block, type ClipRequest, filteredClips, filteredStills } from '../support/filters.ts';
import { freeLease, TestWorld } from '../support/runs.ts';
import { clip, settingsFor, still } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const bodies = <T extends ProjectEvent['type']>(type: T): Extract<ProjectEvent, { readonly type: T }>['body'][] =>
  world.emitted.flatMap((event) => (event.type === type ? [event.body as never] : []));
const named = (name: string) => ({ kind: 'custom', name }) as const;
const safety = (...remedies: readonly Remedy[]) => ({ safety: { remedies } });

/** A clip model that refuses all prompts but those with a word. */
const strict = (word: string) =>
  filteredClips(world.clock, ({ prompt }) => (prompt.includes(word) ? null : block('prompt')));

describe('a remedy of the user’s own', () => {
  it('is told what was refused, and changes the request of that step', async () => {
    const inputs: RemedyInput[] = [];
    const calm: CustomRemedy = (input) => {
      inputs.push(input);
      return { prompt: 'CALM', prefix: 'KIND', seed: 77 };
    };
    const video = strict('CALM');
    const { status, project } = await world.film(
      world.pipeline({ video }, { remedies: { calm } }),
      1,
      safety(named('calm')),
    );
    expect(status).toBe('completed');
    const [scene] = project.scenes;
    expect(inputs[0]).toEqual({
      projectId: project.id,
      stepId: `clip:${scene?.id}`,
      sceneId: scene?.id,
      kind: 'clip',
      prompt: 'motion 1',
      model: 'mock:clip',
      models: ['mock:clip'],
      nth: 0,
      reasons: ['no prompt'],
      codes: ['code-prompt'],
      input: 'prompt',
    });
    const last = asked<ClipRequest>(video).at(-1);
    expect(last?.seed).toBe(77);
    expect(last?.prompt.startsWith('KIND\nCALM\n')).toBe(true);
    expect(last?.prompt).not.toContain('motion 1');
    expect(scene?.motionPrompt).toBe('motion 1');
    expect(bodies('remedy.applied')).toMatchObject([
      { remedy: named('calm'), change: { prompt: 'CALM', prefix: 'KIND', seed: 77 } },
    ]);
  });

  it('works for stills, is told of the words before, and leaves a later remedy another seed', async () => {
    const words: string[] = [];
    const image = filteredStills(world.clock, ({ prompt }) => (prompt.includes('end 1') ? block('prompt') : null));
    const remedies: CustomRemedies = {
      one: ({ prompt, kind, nth }) => (words.push(`${kind} ${nth} ${prompt}`), { prompt: 'end 1 again', seed: 5 }),
      two: ({ prompt, kind, nth }) => (words.push(`${kind} ${nth} ${prompt}`), { prompt: 'calm' }),
    };
    const settings = safety(named('one'), named('two'));
    expect((await world.film(world.pipeline({ image }, { remedies }), 1, settings)).status).toBe('completed');
    expect(words).toEqual(['still 0 end 1', 'still 1 end 1 again']);
    const seeds = bodies('call.intended').flatMap(({ stepId, request }) =>
      stepId.endsWith(':end') ? [request['seed']] : [],
    );
    expect(seeds[1]).toBe(5);
    expect(seeds[2]).not.toBe(5);
  });

  it('that can not help says null, and the next one is tried', async () => {
    const result = await world.film(
      world.pipeline({ video: strict('GENTLY') }, { remedies: { none: () => null } }),
      1,
      safety(named('none'), { kind: 'prefix', text: 'GENTLY' }),
    );
    expect(result.status).toBe('completed');
    expect(bodies('remedy.applied').map(({ index }) => index)).toEqual([1]);
  });

  it('may choose a model of the list, which the remedies after it go on from', async () => {
    const video = { a: strict('never'), b: strict('never'), c: clip({ clock: world.clock }) };
    const provider = defineProvider({
      id: 'mock',
      text: { writer: mockTextModel() },
      image: { still: still({ clock: world.clock }) },
      video,
    });
    const pipeline = world.pipeline({}, { providers: [provider], remedies: { pick: () => ({ model: 'mock:b' }) } });
    const models = { video: ['mock:a', 'mock:b', 'mock:c'] as const };
    const result = await world.film(pipeline, 1, { models, ...safety(named('pick'), { kind: 'model' }) });
    expect(result.status).toBe('completed');
    expect(bodies('call.intended').map(({ model }) => model)).toEqual([
      'mock:still',
      'mock:still',
      'mock:a',
      'mock:b',
      'mock:c',
    ]);
  });

  it('is not asked again once its answer is in the log', async () => {
    let asks = 0;
    const remedies = { calm: () => ((asks += 1), { prompt: `CALM ${asks}` }) };
    const video = strict('CALM');
    const pipeline = world.pipeline({ video }, { remedies });
    const { id } = await pipeline.create(settingsFor(1, safety(named('calm'))));
    pipeline.on('remedy.applied', () => void pipeline.close());
    await world.clock.run(pipeline.run(id));
    await freeLease(world.events, id);
    expect((await world.clock.run(world.pipeline({ video }, { remedies }).run(id))).status).toBe('completed');
    expect(asks).toBe(1);
    expect(asked<ClipRequest>(video).at(-1)?.prompt).toContain('CALM 1');
  });
});

describe('one that is not right', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('out of ideas');
      },
      'out of ideas',
    ],
    ['answers later', () => Promise.resolve({ prompt: 'x' }) as never, 'expected a change or null, at once'],
    ['answers nothing', () => undefined as never, 'expected a change or null'],
    ['has a prompt too long', () => ({ prompt: 'x'.repeat(4001) }), 'prompt: expected 1 to 4000'],
    ['has an empty prefix', () => ({ prefix: ' ' }), 'prefix: expected 1 to 2000'],
    ['has half a seed', () => ({ seed: 0.5 }), 'seed: expected 0 to 4294967295, got 0.5'],
    ['names another model', () => ({ model: 'mock:other' as const }), 'model: expected mock:clip, got mock:other'],
    ['changes something else', () => ({ seconds: 8 }) as never, 'it answers seconds'],
  ] as const)('as it %s, fails the step before anything is bought; the next run asks it anew', async (_, bad, why) => {
    const settings = safety(named('bad'));
    const result = await world.film(world.pipeline({ video: strict('x') }, { remedies: { bad } }), 1, settings);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'remedy-failed' } });
    expect(result.status === 'failed' && result.error.message).toContain(why);
    expect(bodies('call.intended')).toHaveLength(3);
    const next = world.pipeline({ video: strict('x') }, { remedies: { bad: () => ({ prompt: 'x' }) } });
    expect((await world.clock.run(next.run(result.project.id))).status).toBe('completed');
  });

  it('as it was not given to the pipeline, is told before anything is made, planned or run', async () => {
    const settings = settingsFor(1, safety(named('calm'), named('calm'), named('other')));
    const without = world.pipeline({}, { remedies: { another: () => null } });
    const error = { code: 'unknown-remedy', details: { names: ['calm', 'other'], known: ['another'] } };
    await expect(without.create(settings)).rejects.toMatchObject(error);
    await expect(without.plan(settings)).rejects.toMatchObject(error);
    const { id } = await world.pipeline({}, { remedies: { calm: () => null, other: () => null } }).create(settings);
    await expect(world.clock.run(without.run(id))).rejects.toMatchObject(error);
    const { safety: other } = safety(named('calm'));
    const one = { code: 'unknown-remedy', details: { names: ['calm'] } };
    await expect(without.revise(id, { settings: { safety: other } })).rejects.toMatchObject(one);
    expect(world.emitted).toEqual([]);
    expect((await without.get(id)).status).toBe('pending');
  });
});

it('one is priced at the dearest model that it may choose, as is all that follows', async () => {
  const at = (price: string) => filteredClips(world.clock, () => null, true, perSecond(usd(price)));
  const provider = defineProvider({
    id: 'mock',
    text: { writer: mockTextModel() },
    image: { still: still({ clock: world.clock }) },
    video: { a: at('0.05'), b: at('0.20') },
  });
  const pipeline = world.pipeline({}, { providers: [provider], remedies: { pick: () => null } });
  const worst = async (...remedies: readonly Remedy[]): Promise<number> => {
    const models = { video: ['mock:a', 'mock:b'] as const };
    return Number((await pipeline.plan(settingsFor(1, { models, ...safety(...remedies) }))).cost.worst);
  };
  const base = await worst();
  expect(await worst({ kind: 'seed' })).toBe(base + 2 * 20_000 + 200_000);
  expect(await worst(named('pick'))).toBe(base + 2 * 20_000 + 800_000);
  expect(await worst(named('pick'), { kind: 'seed' })).toBe(base + 4 * 20_000 + 1_600_000);
  expect(await worst({ kind: 'seed' }, named('pick'))).toBe(base + 4 * 20_000 + 1_000_000);
});
