import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Asset,
  Inspect,
  InspectContext,
  PipelineOptions,
  ProjectEvent,
  ProjectSettings,
  RunResult,
} from 'vidpipe';
import { asked, type ClipRequest, filteredClips } from '../support/filters.ts';
import { freeLease, TestWorld } from '../support/runs.ts';
import { clip, settingsFor } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Seen = Omit<InspectContext, 'signal'> & { readonly asset: Asset };
type Judge = (seen: Seen, nth: number) => ReturnType<Inspect>;

/** A hook that notes what it is shown. */
function hook(judge: Judge = () => 'ok'): { readonly inspect: Inspect; readonly seen: Seen[] } {
  const seen: Seen[] = [];
  const inspect: Inspect = (asset, { signal, ...context }) => {
    expect(signal.aborted).toBe(false);
    seen.push({ asset, ...context });
    return judge({ asset, ...context }, seen.length);
  };
  return { inspect, seen };
}

const film = (
  inspect: Inspect,
  {
    scenes = 1,
    models = {},
    ...more
  }: { scenes?: number; models?: Parameters<TestWorld['pipeline']>[0] } & Partial<
    Pick<PipelineOptions, 'inspectTimeoutMs'>
  > = {},
  settings: Partial<ProjectSettings> = {},
): Promise<RunResult> => world.film(world.pipeline(models, { inspect, ...more }), scenes, settings);

const bodies = <T extends ProjectEvent['type']>(type: T): Extract<ProjectEvent, { readonly type: T }>['body'][] =>
  world.emitted.flatMap((event) => (event.type === type ? [event.body as never] : []));
const kinds = (): string[] => bodies('call.intended').map(({ stepId }) => stepId.replace(/:[^:]*/, ''));
const retake = (...reasons: string[]) => ({ retake: true, reasons, codes: ['c'] }) as const;
const blocked = (...reasons: string[]) => ({ blocked: true, reasons, codes: ['c'] }) as const;
/** Says something of the first takes of clips, and takes the others. */
const ofClips =
  (...verdicts: ReturnType<Judge>[]): Judge =>
  ({ kind }) =>
    kind === 'clip' ? (verdicts.shift() ?? 'ok') : 'ok';

describe('inspect', () => {
  it('is shown each still and clip once, as a file, before anything is made of it', async () => {
    const order: string[] = [];
    const { inspect, seen } = hook(({ path, stepId }) => {
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ width: 1280 });
      order.push(`inspect ${stepId}`);
      return Promise.resolve('ok');
    });
    const pipeline = world.pipeline({}, { inspect });
    pipeline.on('call.intended', ({ body }) => order.push(`buy ${body.stepId}`));
    const { project, status } = await world.film(pipeline, 2);
    expect(status).toBe('completed');
    const [first] = project.scenes;
    expect(seen.map(({ kind, seconds, audio }) => `${kind} ${seconds} ${audio}`).sort()).toEqual([
      'clip 4 false',
      'clip 4 false',
      'still null false',
      'still null false',
      'still null false',
    ]);
    expect(seen[0]).toMatchObject({ projectId: project.id, sceneId: first?.id, asset: first?.start });
    const [start, end] = [`keyframe:${first?.id}:start`, `keyframe:${first?.id}:end`];
    expect(order.indexOf(`inspect ${start}`)).toBeLessThan(order.indexOf(`buy ${end}`));
    expect(order.indexOf(`inspect ${end}`)).toBeLessThan(order.indexOf(`buy clip:${first?.id}`));
    expect(bodies('artifact.inspected').map(({ verdict }) => verdict)).toEqual(seen.map(() => 'ok'));
    const again = world.pipeline({}, { inspect });
    expect((await world.clock.run(again.run(project.id))).status).toBe('completed');
    expect(seen).toHaveLength(5);
  });

  it('looks at what was made before it was there, and buys nothing for that', async () => {
    const { project } = await world.film(world.pipeline(), 1);
    const calls = kinds().length;
    const { inspect, seen } = hook();
    const { status } = await world.clock.run(world.pipeline({}, { inspect }).run(project.id));
    expect([status, seen.length, kinds().length]).toEqual(['completed', 3, calls]);
  });
});

describe('a retake', () => {
  it('is another take with another seed of the same request', async () => {
    const video = filteredClips(world.clock, () => null);
    const { inspect } = hook(ofClips(retake('it is black')));
    const result = await film(inspect, { models: { video } });
    expect(result.status).toBe('completed');
    const [one, two, ...more] = asked<ClipRequest>(video);
    expect(more).toEqual([]);
    expect(two?.seed).not.toBe(one?.seed);
    expect({ ...two, seed: 0 }).toEqual({ ...one, seed: 0 });
    expect(bodies('remedy.applied')).toMatchObject([
      { remedy: { kind: 'retake' }, index: -1, reasons: ['it is black'], codes: ['c'], input: 'output' },
    ]);
    const takes = bodies('call.settled').flatMap(({ made }) => made.map(({ asset }) => asset.digest));
    expect(result.project.scenes[0]?.clip?.digest).toBe(takes.at(-1));
    expect(await Array.fromAsync(await world.assets.get(takes.at(-2)!))).not.toEqual([]);
    expect(result.project.blocked).toEqual([]);
  });

  it('is had twice, then the step is refused; the others are used', async () => {
    const { inspect, seen } = hook(ofClips(...Array.from({ length: 9 }, () => retake('it is black'))));
    const result = await film(inspect);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(seen.filter(({ kind }) => kind === 'clip')).toHaveLength(3);
    expect(kinds().filter((kind) => kind === 'clip')).toHaveLength(3);
    expect(bodies('step.refused')).toMatchObject([{ reasons: ['it is black'], codes: ['c'] }]);
    const pipeline = world.pipeline({}, { inspect });
    expect((await world.clock.run(pipeline.run(result.project.id, { retry: 'refused' }))).status).toBe('failed');
    expect(seen.filter(({ kind }) => kind === 'clip')).toHaveLength(3);
  });

  it('is not made of a take that the user chooses after all', async () => {
    const { inspect } = hook(ofClips(retake('it is dark')));
    const pipeline = world.pipeline({}, { inspect });
    const { project } = await world.film(pipeline, 1);
    const [scene] = project.scenes;
    const dark = scene!.takes.find(({ part, selected }) => part === 'clip' && !selected)!;
    await pipeline.revise(project.id, { select: { [scene!.id]: dark.id } });
    const calls = kinds().length;
    const { status, project: after } = await world.clock.run(pipeline.run(project.id));
    expect([status, after.scenes[0]?.clip?.digest, kinds().length]).toEqual(['completed', dark.asset.digest, calls]);
  });

  it('goes beside the remedies of the list, and starts none of them anew', async () => {
    let asks = 0;
    const video = filteredClips(world.clock, () => ([1, 3].includes((asks += 1)) ? outputBlocked : null));
    const { inspect } = hook(ofClips(retake('it is black')));
    expect((await film(inspect, { models: { video } })).status).toBe('completed');
    expect(bodies('remedy.applied').map(({ index, remedy }) => [index, remedy.kind])).toEqual([
      [0, 'seed'],
      [-1, 'retake'],
      [1, 'prefix'],
    ]);
    expect(bodies('remedy.ineffective')).toMatchObject([{ index: 0, why: 'flagged-again' }]);
  });

  it('of each step is in the worst price of a plan, and in no other', async () => {
    const wish = settingsFor(2, { safety: { remedies: [] } });
    const plain = (await world.pipeline().plan(wish)).cost;
    const { cost } = await world.pipeline({}, { inspect: hook().inspect }).plan(wish);
    expect(Number(cost.worst)).toBe(Number(plain.worst) + 2 * (3 * 20_000 + 2 * 200_000));
    expect(cost.expected).toBe(plain.expected);
  });
});

const outputBlocked = {
  state: 'blocked',
  reasons: ['no'],
  codes: [],
  input: 'output',
  charged: 'yes',
  usage: { seconds: 4 },
} as const;

describe('what it blocks', () => {
  it('is answered with the remedies of a flagged output, and used nowhere', async () => {
    const { inspect } = hook(ofClips(blocked('a logo'), blocked('a logo')));
    const result = await film(inspect);
    expect(result.status).toBe('completed');
    expect(bodies('remedy.applied').map(({ remedy, reasons }) => [remedy.kind, ...reasons])).toEqual([
      ['seed', 'a logo'],
      ['prefix', 'a logo'],
    ]);
    const { blocked: list, scenes, money } = result.project;
    expect(list).toMatchObject([1, 2].map(() => ({ by: 'inspect', reasons: ['a logo'], codes: ['c'] })));
    expect(list.map(({ digest }) => digest)).not.toContain(scenes[0]?.clip?.digest);
    expect(bodies('artifact.blocked')).toHaveLength(2);
    expect(money.charged).toBe(2 * 20_000 + 3 * 200_000);
  });

  it('to the end of the list refuses the step, and with skip leaves its scene out', async () => {
    const { inspect } = hook(({ kind, sceneId }) =>
      kind === 'clip' && sceneId === first() ? blocked('a logo') : 'ok',
    );
    const first = (): string | undefined => bodies('call.intended')[0]?.stepId.split(':')[1];
    const result = await film(inspect, { scenes: 2 }, { safety: { onRefused: 'skip' } });
    expect(result.status).toBe('completed');
    expect(result.project.scenes.map(({ skipped }) => skipped)).toEqual([true, false]);
    expect(bodies('step.refused')).toMatchObject([{ stepId: `clip:${first()}`, reasons: ['a logo'], codes: ['c'] }]);
  });
});

describe('a hook that gives no verdict', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('no network')), 'no network'],
    [
      'throws at once',
      () => {
        throw new Error('broken');
      },
      'broken',
    ],
    ['hangs', () => new Promise<never>(() => undefined), 'it took longer than 5000 ms'],
    ['answers nonsense', () => 'fine' as never, "expected 'ok'"],
    ['gives no reasons', () => ({ blocked: true, reasons: [] }) as const, 'with a reason at least'],
  ] as const)(
    'as it %s is asked three times; the step fails, its take is kept for the next run',
    async (_, judge, why) => {
      const failing = hook(judge);
      const result = await film(failing.inspect, { inspectTimeoutMs: 5_000 });
      expect(result).toMatchObject({ status: 'failed', error: { code: 'inspection-failed' } });
      expect(result.status === 'failed' && result.error.message).toContain(why);
      expect(failing.seen).toHaveLength(3);
      expect(kinds()).toEqual(['keyframe:start']);
      const { inspect } = hook();
      const { status } = await world.clock.run(world.pipeline({}, { inspect }).run(result.project.id));
      expect(status).toBe('completed');
      expect(kinds()).toEqual(['keyframe:start', 'keyframe:end', 'clip']);
    },
  );
});

describe('a crash', () => {
  it('at each verdict: no take is looked at again once its verdict is in the log, nothing is bought twice', async () => {
    const { inspect, seen } = hook(ofClips(retake('black'), blocked('logo')));
    let pipeline = world.pipeline({}, { inspect });
    const { id } = await pipeline.create(settingsFor(1));
    let status = '';
    for (let crashes = 0; status !== 'completed' && crashes < 20; crashes += 1) {
      const gone = pipeline;
      const began = world.emitted.length;
      let closing: Promise<void> | undefined;
      gone.on('event', ({ type }) => {
        if (type.startsWith('artifact.') && world.emitted.length >= began) closing ??= gone.close();
      });
      ({ status } = await world.clock.run(gone.run(id)));
      await freeLease(world.events, id);
      pipeline = world.pipeline({}, { inspect });
    }
    expect(status).toBe('completed');
    expect(seen).toHaveLength(5);
    expect(new Set(seen.map(({ asset, stepId }) => `${asset.digest} ${stepId}`)).size).toBe(5);
    expect(kinds()).toHaveLength(5);
  });

  it('of the run that bought a take does not lose its inspection: the next run looks at it', async () => {
    const { inspect, seen } = hook();
    const pipeline = world.pipeline({ video: clip({ clock: world.clock }) }, { inspect });
    const { id } = await pipeline.create(settingsFor(1));
    pipeline.on('call.submitted', () => void pipeline.close());
    await world.clock.run(pipeline.run(id));
    await world.clock.run(world.clock.sleep(100_000));
    await freeLease(world.events, id);
    const next = world.pipeline({}, { inspect });
    expect((await world.clock.run(next.collect())).settled).toBe(1);
    expect(seen.filter(({ kind }) => kind === 'clip')).toEqual([]);
    expect((await next.get(id)).scenes[0]?.clip).toBeNull();
    expect((await world.clock.run(next.run(id))).status).toBe('completed');
    expect(seen.filter(({ kind }) => kind === 'clip')).toHaveLength(1);
  });
});
