import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_REMEDIES, type ProjectEvent, type ProjectSettings, type RunResult, usd } from 'vidpipe';
import { defineProvider, perCall, type Reply } from 'vidpipe/provider';
import { mockTextModel, paper } from 'vidpipe/testing';
import {
  asked,
  block,
  type ClipRequest,
  filteredClips,
  filteredStills,
  type ImageRequest,
} from '../support/filters.ts';
import { freeLease, TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor, still, storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Body<T extends ProjectEvent['type']> = Extract<ProjectEvent, { readonly type: T }>['body'];

function bodies<T extends ProjectEvent['type']>(type: T): Body<T>[] {
  return world.emitted.flatMap((event) => (event.type === type ? [event.body as Body<T>] : []));
}

/** Names of steps without the ids of scenes, which are drawn anew in each test. */
const short = ({ project }: RunResult, stepId: string): string =>
  project.scenes.reduce((id, scene, index) => id.replace(scene.id, `${index + 1}`), stepId);

const applied = (result: RunResult): string[] =>
  bodies('remedy.applied').map(({ stepId, index, remedy }) => `${short(result, stepId)} ${index} ${remedy.kind}`);
const bought = (result: RunResult): string[] => bodies('call.intended').map(({ stepId }) => short(result, stepId));
const count = (list: readonly string[], id: string): number => list.filter((each) => each === id).length;
const film = (models: Parameters<TestWorld['pipeline']>[0], scenes = 1, more: Partial<ProjectSettings> = {}) =>
  world.film(world.pipeline(models), scenes, more);
const clips = (judge: (request: ClipRequest) => ReturnType<typeof block> | null, lastFrame = true) =>
  filteredClips(world.clock, judge, lastFrame);
const stills = (judge: (request: ImageRequest) => Reply | null) => filteredStills(world.clock, judge);
const startsWith = (index: number) => (prompt: string) =>
  prompt.startsWith((DEFAULT_REMEDIES[index] as { text: string }).text);

/** Blocks the first `count` requests that `judge` finds. */
function first<T>(howMany: number, reply: ReturnType<typeof block>, judge: (request: T) => boolean = () => true) {
  let left = howMany;
  return (request: T) => (judge(request) && left-- > 0 ? reply : null);
}

describe('a refused clip', () => {
  it('whose output was flagged is asked for again with another seed, and nothing else', async () => {
    const video = clips(first(1, block('output')));
    const result = await film({ video });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['clip:1 0 seed']);
    const [one, two] = asked<ClipRequest>(video);
    expect(two?.seed).not.toBe(one?.seed);
    expect({ ...two, seed: 0 }).toEqual({ ...one, seed: 0 });
    expect(bought(result)).toHaveLength(4);
  });

  it.each([
    ['gentle', 1, 1],
    ['strong', 2, 2],
  ])('whose prompt was flagged gets a %s prefix', async (_, index, refusals) => {
    const video = clips(({ prompt }) => (startsWith(index)(prompt) ? null : block('prompt')));
    const result = await film({ video });
    expect(result.status).toBe('completed');
    expect(asked(video)).toHaveLength(refusals + 1);
    expect(applied(result).at(-1)).toBe(`clip:1 ${index} prefix`);
    expect(bodies('remedy.ineffective').map(({ index: at, why }) => [at, why])).toEqual(
      index === 1 ? [] : [[1, 'flagged-again']],
    );
  });

  it('says in the log and in its calls what was tried, and why', async () => {
    const result = await film({ video: clips(first(1, block('prompt'))) });
    expect(bodies('remedy.applied')).toMatchObject([
      {
        askedBy: `clip:${result.project.scenes[0]?.id}`,
        index: 1,
        reasons: ['no prompt'],
        codes: ['code-prompt'],
        input: 'prompt',
      },
    ]);
    const [, , refused, made] = bodies('call.intended');
    expect(refused?.remedy).toBeNull();
    expect(made?.remedy).toMatchObject({ nth: 1, prefix: expect.stringContaining('all audiences') as string });
    expect(bodies('remedy.applied')[0]?.forFingerprint).toBe(refused?.fingerprint);
  });

  it('whose last frame was flagged gets another one, drawn from a safe prompt, and a strong prefix', async () => {
    let flagged: string | undefined;
    const video = clips(({ endFrame }) =>
      (flagged ??= endFrame?.digest) === endFrame?.digest ? block('end-frame') : null,
    );
    const image = still({ clock: world.clock });
    const result = await film({ video, image });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['clip:1 4 frame', 'keyframe:1:end 4 frame']);
    expect(asked<ImageRequest>(image).at(-1)?.prompt).toContain('A calm, bright view');
    expect(asked<ImageRequest>(image).at(-1)?.prompt).not.toContain('end 1');
    expect(startsWith(2)(asked<ClipRequest>(video).at(-1)?.prompt ?? '')).toBe(true);
    const [, at] = world.emitted.flatMap(({ type, seq }) => (type === 'remedy.applied' ? [seq] : []));
    expect(at).toBe(Number(world.emitted.find(({ type }) => type === 'remedy.applied')?.seq) + 1);
  });

  it('for a reference is refused at once: nothing of the list can help', async () => {
    const result = await film({ video: clips(() => block('reference')) });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(bought(result)).toHaveLength(3);
  });

  it('keeps what is usable of a reply that a filter took a part of, and says what it took', async () => {
    const bytes = paper({ kind: 'image', width: 1280, height: 720 });
    const part: Reply = { state: 'succeeded', outputs: [{ bytes }], usage: { images: 1 }, blocked: block('output') };
    const result = await film({ image: stills(() => part) });
    expect(result.status).toBe('completed');
    expect(bodies('call.settled')[0]).toMatchObject({ outcome: 'succeeded', blocked: { codes: ['code-output'] } });
    expect(bodies('remedy.applied')).toEqual([]);
  });

  it('and a reply of which a filter took everything is a refusal', async () => {
    const none: Reply = { state: 'succeeded', outputs: [], blocked: block('output') };
    let asks = 0;
    const result = await film({ image: stills(() => ((asks += 1) === 1 ? none : null)) });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['keyframe:1:start 0 seed']);
  });
});

describe('a refused still', () => {
  it.each([
    ['a prefix', 'prompt', (prompt: string) => startsWith(1)(prompt), 'keyframe:1:end 1 prefix'],
    ['a safe prompt of its own', 'prompt', (prompt: string) => !prompt.includes('end 1'), 'keyframe:1:end 4 frame'],
    ['a strong prefix', 'output', (prompt: string) => startsWith(2)(prompt), 'keyframe:1:end 2 prefix'],
  ] as const)('gets %s', async (_, input, passes, last) => {
    const image = stills(({ prompt }) =>
      prompt.includes('end of the scene') && !passes(prompt) ? block(input) : null,
    );
    const result = await film({ image });
    expect(result.status).toBe('completed');
    expect(applied(result).at(-1)).toBe(last);
    expect(count(bought(result), 'clip:1')).toBe(1);
  });
});

describe('neighbours in a chain', () => {
  const startFlagged = () => {
    let flagged: string | undefined;
    return clips(({ prompt, startFrame }) => {
      if (!prompt.includes('motion 2')) return null;
      flagged ??= startFrame?.digest;
      return startFrame?.digest === flagged ? block('start-frame') : null;
    });
  };

  it('a flagged first frame is drawn anew where it was drawn; the clip before is made again, and the one under way kept', async () => {
    const result = await film({ video: startFlagged() }, 3);
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['clip:2 3 frame', 'keyframe:1:end 3 frame']);
    const calls = bought(result);
    expect([1, 2, 3].map((scene) => count(calls, `clip:${scene}`))).toEqual([2, 2, 1]);
    expect([1, 2, 3].map((scene) => count(calls, `keyframe:${scene}:end`))).toEqual([2, 1, 1]);
    const settled = bodies('call.settled').filter(({ outcome }) => outcome === 'succeeded');
    expect(settled).toHaveLength(calls.length - 1);
    expect(result.project.money).toMatchObject({ held: 0, unknown: 0 });
    expect(result.project.scenes[1]?.start).toEqual(result.project.scenes[0]?.end);
  });

  it('where the provider took the last frame for the first, that one is drawn anew next', async () => {
    let flagged: string | undefined;
    const video = clips(({ endFrame }) =>
      (flagged ??= endFrame?.digest) === endFrame?.digest ? block('start-frame') : null,
    );
    const result = await film({ video });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual([
      'clip:1 3 frame',
      'keyframe:1:start 3 frame',
      'clip:1 4 frame',
      'keyframe:1:end 4 frame',
    ]);
    expect(bodies('remedy.ineffective')).toMatchObject([{ index: 3, why: 'flagged-again' }]);
  });

  it('a frame that is drawn anew does not answer for the refusal of the clip on its other side', async () => {
    const seen = new Set<string>();
    const video = clips(({ prompt, startFrame, endFrame }) => {
      const shared = prompt.includes('motion 2')
        ? startFrame?.digest
        : prompt.includes('motion 1')
          ? endFrame?.digest
          : undefined;
      if (shared === undefined || seen.size > 1 || (seen.add(shared), seen.size > 1)) return null;
      return block(prompt.includes('motion 2') ? 'start-frame' : 'end-frame');
    });
    const result = await film({ video }, 2);
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['clip:1 4 frame', 'keyframe:1:end 4 frame']);
    expect(count(bought(result), 'keyframe:1:end')).toBe(2);
  });

  it('the first frame of a scene that enters by a cut is its own', async () => {
    const result = await film({ video: startFlagged() }, 2, { storyboard: storyboardOf(2, 1) });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['clip:2 3 frame', 'keyframe:2:start 3 frame']);
    expect(count(bought(result), 'clip:1')).toBe(1);
  });
});

describe('a remedy that changes nothing', () => {
  const same = paper({ kind: 'image', width: 1280, height: 720 });
  const drawSame = () => stills(() => ({ state: 'succeeded', outputs: [{ bytes: same }], usage: { images: 1 } }));

  it('is ended when the new frame is the old one: the clip is not sent with it again', async () => {
    const video = clips(() => block('end-frame'));
    const result = await film({ image: drawSame(), video });
    expect(result.status).toBe('failed');
    expect(asked(video)).toHaveLength(1);
    expect(bodies('remedy.ineffective')).toMatchObject([{ index: 4, why: 'same-frame' }]);
    expect(bodies('step.refused')).toMatchObject([{ codes: ['code-end-frame'], input: 'end-frame' }]);
  });

  it('is ended also where the next one can help', async () => {
    const remedies = [...DEFAULT_REMEDIES, { kind: 'frame', which: 'end', prompt: 'A PLAIN WALL' }] as const;
    const image = stills(({ prompt }) =>
      prompt.includes('PLAIN WALL') ? null : { state: 'succeeded', outputs: [{ bytes: same }], usage: { images: 1 } },
    );
    let flagged: string | undefined;
    const video = clips(({ endFrame }) =>
      (flagged ??= endFrame?.digest) === endFrame?.digest ? block('end-frame') : null,
    );
    const result = await film({ image, video }, 1, { safety: { remedies } });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual([
      'clip:1 4 frame',
      'keyframe:1:end 4 frame',
      'clip:1 5 frame',
      'keyframe:1:end 5 frame',
    ]);
    expect(asked(video)).toHaveLength(2);
  });
});

describe('a rewrite', () => {
  const remedies = [{ kind: 'rewrite' }, { kind: 'prefix', text: 'PREFIX' }] as const;
  const words = (reply: string): Reply => ({
    state: 'succeeded',
    outputs: [{ bytes: new TextEncoder().encode(reply) }],
    usage: {},
  });
  const text = (...replies: Reply[]) =>
    mockTextModel({ generate: () => Promise.resolve(replies.shift() ?? words('')) });
  const refusals = [1, 2, 3].map(() => block('prompt'));
  const harsh = () => clips(({ prompt }) => (prompt.includes('motion 1') ? block('prompt') : null));

  it('is a step of its own, whose words take the place of the scene’s in that request and nowhere else', async () => {
    const video = harsh();
    const writer = text(words('{"prompt":"A quiet bay"}'));
    const result = await film({ text: writer, video }, 1, { safety: { remedies } });
    expect(result.status).toBe('completed');
    const [, sent] = asked<ClipRequest>(video);
    expect(sent?.prompt).toContain('A quiet bay');
    expect(sent?.prompt).not.toContain('detail 1');
    expect(result.project.scenes[0]?.motionPrompt).toBe('motion 1');
    expect(result.project.steps.map(({ kind, status }) => `${kind} ${status}`)).toContain('rewrite completed');
    expect(writer.calls).toHaveLength(1);
    expect(JSON.stringify(writer.calls[0]?.args)).toContain('Refused prompt: motion 1');
    expect(bodies('remedy.rewritten')).toMatchObject([{ index: 0, prompt: 'A quiet bay' }]);
  });

  it('mends a still too', async () => {
    const image = stills(({ prompt }) => (prompt.includes('end 1') ? block('prompt') : null));
    const result = await film({ text: text(words('{"prompt":"A quiet bay"}')), image }, 1, { safety: { remedies } });
    expect(result.status).toBe('completed');
    expect(asked<ImageRequest>(image).at(-1)?.prompt).toContain('Frame: A quiet bay');
  });

  it('whose reply can not be used is asked for again', async () => {
    const result = await film({ text: text(words('no'), words('{"prompt":"x"}')), video: harsh() }, 1, {
      safety: { remedies },
    });
    expect(result.status).toBe('completed');
    expect(bodies('storyboard.faulted')).toHaveLength(1);
  });

  it('that the writer refuses is ended, and the next remedy tried', async () => {
    const video = clips(({ prompt }) => (prompt.startsWith('PREFIX') ? null : block('prompt')));
    const result = await film({ text: text(...refusals), video }, 1, { safety: { remedies } });
    expect(result.status).toBe('completed');
    expect(bodies('remedy.ineffective')).toMatchObject([{ index: 0, why: 'refused' }]);
    expect(applied(result)).toEqual(['clip:1 0 rewrite', 'clip:1 1 prefix']);
  });

  it('that the writer refuses last of all ends the step', async () => {
    const result = await film({ text: text(...refusals), video: harsh() }, 1, {
      safety: { remedies: [{ kind: 'rewrite' }] },
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(result.project.steps.map(({ kind, status }) => `${kind} ${status}`)).toContain('clip refused');
    expect(bought(result)).toHaveLength(6);
  });

  it('that the writer refuses once is asked for again, gently', async () => {
    const result = await film({ text: text(block('prompt'), words('{"prompt":"x"}')), video: harsh() }, 1, {
      safety: { remedies },
    });
    expect(result.status).toBe('completed');
    expect(applied(result)).toEqual(['clip:1 0 rewrite']);
    expect(bodies('storyboard.faulted')).toMatchObject([{ fault: 'blocked', final: false }]);
  });
});

describe('the next model', () => {
  const remedies = [{ kind: 'model' }] as const;
  const pipelineOf = (...judges: ((request: ClipRequest) => ReturnType<typeof block> | null)[]) => {
    const video = Object.fromEntries(judges.map((judge, at) => [`clip${at}`, clips(judge)]));
    const image = { still: still({ clock: world.clock }) };
    return world.pipeline(
      {},
      { providers: [defineProvider({ id: 'mock', text: { writer: mockTextModel() }, image, video })] },
    );
  };

  it('of the list is asked, each once', async () => {
    const refuses = () => block('reference');
    const models = { video: ['mock:clip0', 'mock:clip1', 'mock:clip2'] as const };
    const safety = { remedies: [...remedies, ...remedies, ...remedies] };
    const result = await world.film(
      pipelineOf(refuses, refuses, () => null),
      1,
      { models, safety },
    );
    expect(result.status).toBe('completed');
    expect(bodies('call.intended').map(({ model }) => model)).toEqual([
      'mock:still',
      'mock:still',
      'mock:clip0',
      'mock:clip1',
      'mock:clip2',
    ]);
  });

  it('is not there where one is listed', async () => {
    const models = { video: 'mock:clip0' } as const;
    const result = await world.film(
      pipelineOf(() => block('prompt')),
      1,
      { models, safety: { remedies } },
    );
    expect(result.status).toBe('failed');
    expect(bodies('remedy.applied')).toEqual([]);
  });
});

describe('a step that no remedy has helped', () => {
  it('is refused with all codes, the others go on, and the next run buys nothing', async () => {
    let nth = 0;
    const video = clips(({ prompt }) =>
      prompt.includes('motion 1') ? block('output', { codes: [`c${(nth += 1)}`], reasons: ['r'] }) : null,
    );
    const pipeline = world.pipeline({ video });
    const result = await world.film(pipeline, 2);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(applied(result)).toEqual([
      'clip:1 0 seed',
      'clip:1 1 prefix',
      'clip:1 2 prefix',
      'clip:1 4 frame',
      'keyframe:1:end 4 frame',
    ]);
    expect(bodies('step.refused')).toMatchObject([{ codes: ['c1', 'c2', 'c3', 'c4', 'c5'], reasons: ['r'] }]);
    expect(result.project.scenes[1]?.clip).not.toBeNull();
    const before = bought(result).length;
    const again = await world.clock.run(pipeline.run(result.project.id));
    expect([again.status, bought(result).length]).toEqual(['failed', before]);
    const retried = await world.clock.run(pipeline.run(result.project.id, { retry: 'refused' }));
    expect([retried.status, bought(result).length]).toEqual(['failed', before + 1]);
  });

  it('is refused at once without remedies', async () => {
    const result = await film({ video: clips(() => block('output')) }, 1, { safety: { remedies: [] } });
    expect([result.status, bought(result).length]).toEqual(['failed', 3]);
  });

  it('brings no new tries for failures of another kind', async () => {
    const replies: (Reply | null)[] = [
      { state: 'failed', kind: 'empty', message: 'm' },
      { state: 'failed', kind: 'empty', message: 'm' },
      block('prompt'),
    ];
    const image = stills(() => replies.shift() ?? { state: 'failed', kind: 'empty', message: 'm' });
    const result = await film({ image });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'empty' } });
    expect(asked(image)).toHaveLength(5);
  });
});

describe('onRefused: skip', () => {
  const safety = { onRefused: 'skip' } as const;
  const refusing = (...scenes: number[]) =>
    clips(({ prompt }) => (scenes.some((scene) => prompt.includes(`motion ${scene}`)) ? block('reference') : null));

  it.each([
    ['in the middle', 2, [0, 2]],
    ['at the end', 3, [0, 1]],
    ['at the beginning', 1, [1, 2]],
  ])('a scene %s is left out, and the chain goes on over it', async (_, refused, left) => {
    const result = await film({ video: refusing(refused) }, 3, { safety });
    expect(result.status).toBe('completed');
    const { scenes, warnings, filmAsset, progress } = result.project;
    expect(scenes.map(({ skipped }) => skipped)).toEqual([1, 2, 3].map((scene) => scene === refused));
    expect(filmAsset?.seconds).toBe(8);
    expect(progress).toBe(1);
    expect(warnings.at(-1)).toMatchObject({
      code: 'skipped',
      message: expect.stringContaining(`scene ${refused}`) as string,
    });
    const [one, two] = left.map((at) => scenes[at]);
    expect(two?.start).toEqual(one?.end);
    expect(one?.start).not.toBeNull();
    const pipeline = world.pipeline();
    expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('completed');
    expect(await pipeline.plan(result.project.id)).toMatchObject({
      calls: 0,
      seconds: 8,
      cost: { expected: 0, worst: 0 },
    });
  });

  it('a still of the next scene that was about to be drawn meanwhile is drawn all the same, whatever is slow', async () => {
    for (let slow = 1; slow <= 20; slow += 1) {
      let looks = 0;
      const events = withMembers(world.events, {
        pool: async (...asked) => {
          if ((looks += 1) === slow) await world.clock.sleep(1_000);
          return world.events.pool(...asked);
        },
      });
      const pipeline = world.pipeline({ video: refusing(1) }, { events, minFreeBytes: 0 });
      const result = await world.film(pipeline, 3, { safety, budget: usd(5) });
      expect([slow, result.status]).toEqual([slow, 'completed']);
    }
  });

  it('a scene whose still was refused is left out, and nothing more is bought for it', async () => {
    const image = stills(({ prompt }) => (prompt.includes('start 2') ? block('reference') : null));
    const result = await film({ image }, 2, { safety, storyboard: storyboardOf(2, 1) });
    expect(result.status).toBe('completed');
    expect(count(bought(result), 'clip:2')).toBe(0);
  });

  it('a film of which nothing is left has failed', async () => {
    const result = await film({ video: refusing(1, 2) }, 2, { safety });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'refused' } });
  });

  it('a gate behind a scene that is left out is reached', async () => {
    const pipeline = world.pipeline({ video: refusing(2) });
    const { id } = await pipeline.create(settingsFor(2, { safety, gates: ['clips'] }));
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({ status: 'waiting', waiting: { gate: 'clips' } });
    await pipeline.approve(id, 'clips', (await pipeline.plan(id)).digest);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  });
});

describe('a crash or a stop', () => {
  const strict = () => clips(({ prompt }) => (startsWith(2)(prompt) ? null : block('prompt')));

  it.each(['call.settled', 'remedy.applied'] as const)(
    'at any %s: another pipeline goes on, and no request is sent twice',
    async (type) => {
      const video = strict();
      let pipeline = world.pipeline({ video });
      const { id } = await pipeline.create(settingsFor(1));
      let status = '';
      for (let crashes = 0; status !== 'completed' && crashes < 20; crashes += 1) {
        let closing: Promise<void> | undefined;
        const gone = pipeline;
        const began = world.emitted.length;
        gone.on('event', (event) => {
          if (event.type === type && world.emitted.length >= began) closing ??= gone.close();
        });
        ({ status } = await world.clock.run(gone.run(id)));
        await freeLease(world.events, id);
        pipeline = world.pipeline({ video });
      }
      expect(status).toBe('completed');
      const prompts = asked<ClipRequest>(video).map(({ prompt, seed }) => `${prompt}${seed}`);
      expect(new Set(prompts).size).toBe(prompts.length);
      expect(prompts).toHaveLength(3);
      const { project } = { project: await pipeline.get(id) };
      expect(project.money).toMatchObject({ held: 0, unknown: 0 });
    },
  );

  it('a stop between a remedy and its call buys nothing; the next run goes on from the remedy', async () => {
    const video = strict();
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    let stopping: Promise<unknown> | undefined;
    pipeline.on('remedy.applied', () => void (stopping ??= pipeline.stop(id)));
    expect((await world.clock.run(pipeline.run(id))).status).toBe('stopped');
    await world.clock.run(Promise.resolve(stopping));
    const sent = asked(video).length;
    expect(sent).toBeLessThan(3);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(asked(video)).toHaveLength(3);
  });
});

describe('what remedies may cost', () => {
  const STILL = 20_000;
  const CLIP = 200_000;

  it.each([
    ['none', 1, [], 0, 0],
    ['a prefix', 1, [{ kind: 'prefix', text: 'p' }], 2, 1],
    ['a last frame', 1, [{ kind: 'frame', which: 'end', prompt: 'p' }], 2, 1],
    ['a last frame that the next scene shares', 2, [{ kind: 'frame', which: 'end', prompt: 'p' }], 4, 3],
    ['a first frame', 1, [{ kind: 'frame', which: 'start', prompt: 'p' }], 2, 1],
    ['a first frame that the scene before shares', 2, [{ kind: 'frame', which: 'start', prompt: 'p' }], 3, 3],
  ] as const)('is in the worst price of a plan: %s', async (_, scenes, remedies, moreStills, moreClips) => {
    const pipeline = world.pipeline();
    const { cost } = await pipeline.plan(settingsFor(scenes, { safety: { remedies } }));
    expect(cost.worst).toBe((4 * (scenes + 1) + moreStills) * STILL + (4 * scenes + moreClips) * CLIP);
    expect(cost).toMatchObject({ expected: (scenes + 1) * STILL + scenes * CLIP, exact: true });
  });

  it('counts a rewrite, another model and scenes that are left out', async () => {
    const pipeline = world.pipeline({ text: mockTextModel({ price: perCall(usd('0.01')) }) });
    const worst = async (safety: ProjectSettings['safety'] & object): Promise<number> =>
      Number((await pipeline.plan(settingsFor(1, { safety }))).cost.worst);
    const base = await worst({ remedies: [] });
    expect(await worst({ remedies: [], onRefused: 'skip' })).toBe(base);
    expect(await worst({ remedies: [{ kind: 'rewrite' }] })).toBe(base + 2 * STILL + CLIP + 3 * 6 * 10_000);
    expect(await worst({ remedies: [{ kind: 'model' }] })).toBe(base);
  });

  it('counts each scene that may be left out: the clips after it, and a first frame of their own', async () => {
    const worst = async (scenes: number, onRefused: 'skip' | 'fail', lastFrame = true): Promise<number> => {
      const pipeline = world.pipeline({ video: clips(() => null, lastFrame) });
      const safety = { remedies: [], onRefused };
      return Number((await pipeline.plan(settingsFor(scenes, { safety }))).cost.worst);
    };
    expect(await worst(3, 'skip')).toBe((await worst(3, 'fail')) + (1 + 2) * CLIP + 2 * 4 * STILL);
    expect(await worst(3, 'skip', false)).toBe((await worst(3, 'fail', false)) + 2 * CLIP + 2 * 4 * STILL);
  });

  it('stays within the budget: what is billed for refusals counts, and the run waits for more', async () => {
    const video = clips(() => block('output', { charged: 'yes', usage: { seconds: 4 } }));
    const budget = usd('0.5');
    const result = await film({ video }, 1, { budget });
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'budget' } });
    expect(result.project.money.charged).toBe(2 * STILL + 2 * CLIP);
    expect(result.project.money.charged).toBeLessThanOrEqual(budget);
  });

  it('stays within maxCalls', async () => {
    const result = await film({ video: clips(() => block('output')) }, 1, { maxCalls: 4 });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'max-calls' } });
    expect(bought(result)).toHaveLength(4);
  });

  it('stays within an approved plan, and asks for no approval again', async () => {
    let flagged: string | undefined;
    const video = clips(({ endFrame }) =>
      (flagged ??= endFrame?.digest) === endFrame?.digest ? block('end-frame') : null,
    );
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1, { gates: ['plan', 'keyframes'] }));
    const { digest } = await pipeline.plan(id);
    await pipeline.approve(id, 'plan', digest);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('waiting');
    await pipeline.approve(id, 'keyframes', digest);
    const result = await world.clock.run(pipeline.run(id));
    expect(result.status).toBe('completed');
    expect(applied(result)).toHaveLength(2);
    expect((await pipeline.plan(id)).digest).toBe(digest);
  });
});

describe('a video model without last frame', () => {
  it.each([
    ['the first frame of a chain is drawn anew', 1, 'completed', ['clip:1 3 frame', 'keyframe:1:start 3 frame']],
    ['a frame of the clip before has that clip made again', 2, 'completed', ['clip:2 3 frame', 'clip:1 3 frame']],
  ] as const)('%s', async (_, scene, status, remedies) => {
    let flagged: string | undefined;
    const video = clips(({ prompt, startFrame }) => {
      if (prompt.includes(`motion ${scene}`)) flagged ??= startFrame?.digest;
      return flagged !== undefined && startFrame?.digest === flagged ? block('start-frame') : null;
    }, false);
    const result = await film({ video }, 2);
    expect([result.status, applied(result)]).toEqual([status, remedies]);
  });
});
