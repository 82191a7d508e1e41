import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunResult } from 'vidpipe';
import type { TextRequest } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const SCENES = 2;
const good = JSON.stringify(storyboardOf(SCENES));
const half = String.raw`\ud83d`;

/** A writer that gives this reply first and a good one when it is told of a fault. */
function writer(reply: string): ReturnType<typeof mockTextModel> {
  const replies = [reply, good];
  return mockTextModel({
    generate: () =>
      Promise.resolve({
        state: 'succeeded',
        outputs: [{ bytes: new TextEncoder().encode(replies.shift() ?? '') }],
        usage: { inputTokens: 1, outputTokens: 1 },
      }),
  });
}

interface Outcome {
  readonly result: RunResult;
  /** What the writer was asked, in order. */
  readonly asked: readonly TextRequest[];
}

async function run(reply: string): Promise<Outcome> {
  const text = writer(reply);
  const pipeline = world.pipeline({ text });
  const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, seed: 1 });
  const result = await world.clock.run(pipeline.run(id));
  return { result, asked: text.calls.map(({ args }) => args[0] as TextRequest) };
}

/** A storyboard whose scenes carry more fields, or other ones. */
function withScenes(fields: (index: number) => object, count = SCENES): string {
  const board = storyboardOf(count);
  return JSON.stringify({ ...board, scenes: board.scenes.map((scene, index) => ({ ...scene, ...fields(index) })) });
}

const small = (count: number): string => {
  const scene = { description: 'd', startPrompt: 's', endPrompt: 'e', motionPrompt: 'm' };
  return JSON.stringify({ ...storyboardOf(0), scenes: Array.from({ length: count }, () => scene) });
};

describe('a reply that is repaired: the writer is told what is wrong, and nothing else is bought before', () => {
  it.each<[string, string, RegExp]>([
    ['too many scenes', withScenes(() => ({}), 3), /\(count\).*3 scenes were written, 2 are wanted/],
    ['too few scenes', withScenes(() => ({}), 1), /\(count\).*1 scenes were written, 2 are wanted/],
    ['no scene', withScenes(() => ({}), 0), /\(count\)/],
    ['10,000 scenes', small(10_000), /\(count\).*10000 scenes were written/],
    ['100,000 scenes', small(100_000), /\(schema\).*2000000 are allowed/],
    ['broken JSON', good.replace('"scenes":', '"scenes"'), /\(not-json\)/],
    ['JSON with NaN', good.replace('"scenes":', '"seconds":NaN,"scenes":'), /\(not-json\)/],
    ['words around the JSON', `Here you are: ${good} Enjoy!`, /\(not-json\)/],
    ['a million brackets', '['.repeat(1_000_000), /\((not-json|cut-off)\)/],
    ['a list', JSON.stringify(storyboardOf(SCENES).scenes), /\(schema\)/],
    ['null', 'null', /\(schema\)/],
    ['5 MB in a string', withScenes(() => ({ description: 'x'.repeat(5_000_000) })), /\(schema\).*2000000 are allowed/],
    [
      '1 MB in a string',
      withScenes(() => ({ description: 'x'.repeat(900_000) })),
      /\(schema\).*scenes\.0\.description/,
    ],
    [
      'half of a pair in a scene',
      good.replace('motion 2', half),
      /\(schema\).*scenes\.1\.motionPrompt.*lone surrogate/,
    ],
    ['half of a pair in the bible', good.replaceAll('Ada', half), /\(schema\).*characters\.0\.name.*lone surrogate/],
    ['half of a pair in the style', good.replace('ink', half), /\(schema\).*visualStyle.*lone surrogate/],
  ])('%s', async (_, reply, told) => {
    const { result, asked } = await run(reply);
    expect(result.status).toBe('completed');
    expect(asked).toHaveLength(2);
    expect(asked[1]?.prompt).toMatch(told);
    expect(asked[1]?.prompt.length).toBeLessThan(10_000);
    const bought = world.emitted.filter(({ type }) => type === 'call.intended' || type === 'storyboard.written');
    expect(bought.map(({ type }) => type).slice(0, 3)).toEqual([
      'call.intended',
      'call.intended',
      'storyboard.written',
    ]);
    expect(result.project.scenes).toHaveLength(SCENES);
  });
});

describe('a reply that is taken, for nothing but its words', () => {
  const taken = async (reply: string): Promise<RunResult> => {
    const { result, asked } = await run(reply);
    expect([result.status, asked.length]).toEqual(['completed', 1]);
    expect(result.project.scenes).toHaveLength(SCENES);
    return result;
  };

  it.each([
    ['in a fence', `\`\`\`json\n${good}\n\`\`\``],
    ['in a bare fence', ` \`\`\`${good}\`\`\` \n`],
    ['between blanks', `\n\n${good}\n`],
  ])('%s', async (_, reply) => void (await taken(reply)));

  it.each([
    ['counted from 1', (index: number) => ({ index: index + 1 })],
    ['all alike', () => ({ index: 0, sceneNumber: 1 })],
    ['backwards', (index: number) => ({ index: 9 - index })],
  ])('indices %s: the place in the list counts', async (_, fields) => {
    const { project } = await taken(withScenes(fields));
    expect(project.scenes.map(({ description }) => description)).toEqual(['Scene 1', 'Scene 2']);
  });

  it('seconds, ids, prices, files and models of its own are passed over', async () => {
    const smuggled = { seconds: -4, id: 'mine', duration: 1e9, cost: 0, image: 'file:///etc/passwd', model: 'mock:x' };
    const reply = withScenes(() => smuggled).replace('{', '{"budget":0,"maxCalls":1e9,"lengths":[1,1],');
    const { project } = await taken(reply);
    expect(project.scenes.map(({ seconds }) => seconds)).toEqual([4, 4]);
    expect(project.scenes.some(({ id }) => id === 'mine')).toBe(false);
    expect(JSON.stringify(project)).not.toMatch(/passwd|mock:x/);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('a key named %s, at every level', async (key) => {
    const planted = `"${key}":{"polluted":true,"seconds":99,"prototype":{"polluted":true}},`;
    const { project } = await taken(good.replaceAll('{', `{${planted}`).replaceAll(',}', '}'));
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
    expect(JSON.stringify(project)).not.toContain('polluted');
    expect(project.scenes.map(({ seconds }) => seconds)).toEqual([4, 4]);
  });

  it('NUL, colours of a terminal and marks of direction stay what they are: words', async () => {
    const odd = '\u0000 \u001b[31mred\u001b[0m \u202eback\u202c \r\n{"level":"error"} 🐋';
    const { project } = await taken(withScenes(() => ({ description: odd, motionPrompt: odd })));
    expect(project.scenes.map(({ description }) => description)).toEqual([odd, odd]);
    expect(world.logged.join()).not.toContain('red');
  });
});

it('half of a pair in the bytes of a reply is read as a mark of doubt, and does no harm', async () => {
  const bytes = new TextEncoder().encode(good.replace('motion 2', 'motion ??'));
  const at = new TextDecoder().decode(bytes).indexOf('??');
  bytes.set([0xed, 0xa0], at);
  const text = mockTextModel({
    generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: {} }),
  });
  const pipeline = world.pipeline({ text });
  const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, seed: 1 });
  const { status, project } = await world.clock.run(pipeline.run(id));
  expect([status, project.scenes[1]?.motionPrompt]).toEqual(['completed', 'motion ��']);
});
