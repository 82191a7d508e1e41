import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Asset,
  type Inspect,
  InvalidSettingsError,
  type Plan,
  type Project,
  type ProjectEvent,
  type Score,
  type ScoreContext,
  usd,
} from 'vidpipe';
import { perSecond, type Reply } from 'vidpipe/provider';
import { mockVideoModel, paper } from 'vidpipe/testing';
import { asked, block, type ClipRequest } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';
import { type clip, settingsFor } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Answer = (request: ClipRequest, nth: number) => Reply | number;

/** A clip model that brings up to `most` takes in a call; `answer` tells how many come of the nth call, or another reply. */
function several(most: number, answer: Answer = ({ takes }) => takes): ReturnType<typeof clip> {
  let nth = 0;
  return mockVideoModel({
    takes: most,
    price: perSecond(usd('0.05')),
    start: (request, { callId }) => {
      const said = answer(request, nth++);
      if (typeof said !== 'number') return Promise.resolve({ finished: said });
      const { takes, seconds, width, height } = request;
      const outputs = Array.from({ length: said }, (_, at) => ({
        bytes: paper({ kind: 'video', width, height, seconds, note: `${callId} ${at}` }),
      }));
      const blocked = said < takes ? { blocked: block('output') } : {};
      return Promise.resolve({
        finished: { state: 'succeeded', outputs, usage: { seconds: seconds * said }, ...blocked },
      });
    },
  });
}

const bodies = <T extends ProjectEvent['type']>(type: T): Extract<ProjectEvent, { readonly type: T }>['body'][] =>
  world.emitted.flatMap((event) => (event.type === type ? [event.body as never] : []));
const clipsOf = ({ scenes: [scene] }: Project) => scene!.takes.filter(({ part }) => part === 'clip');
/** Ordinals of the clips of the first scene; the one that is used has a star. */
const ordinals = (project: Project): string[] =>
  clipsOf(project).map(({ ordinal, selected }) => `${ordinal}${selected ? '*' : ''}`);
const clipStep = ({ steps }: Plan): Plan['steps'][number] => steps.find(({ kind }) => kind === 'clip')!;

describe('takes', () => {
  it('come of one call where the model brings several, and cost what the plan says', async () => {
    const video = several(4);
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1, { takes: 3 }));
    const plan = await pipeline.plan(id);
    expect(clipStep(plan)).toMatchObject({ takes: 3, cost: { expected: 600_000, exact: true } });
    expect(plan.calls).toBe(3);
    const { status, project } = await world.clock.run(pipeline.run(id));
    expect(status).toBe('completed');
    expect(asked<ClipRequest>(video).map(({ takes }) => takes)).toEqual([3]);
    expect(ordinals(project)).toEqual(['0', '1', '2*']);
    expect(project.money.charged).toBe(plan.cost.expected);
    expect((await pipeline.ledger(id)).entries.at(-1)).toMatchObject({ charged: 600_000 });
    expect((await pipeline.verifyLedger(id)).findings).toEqual([]);
  });

  it('come of as many calls as it takes, one after another, each with its own seed', async () => {
    const video = several(2);
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1, { takes: 3 }));
    const plan = await pipeline.plan(id);
    expect([plan.calls, clipStep(plan).cost.expected]).toEqual([4, 600_000]);
    const { project } = await world.clock.run(pipeline.run(id));
    expect(asked<ClipRequest>(video).map(({ takes }) => takes)).toEqual([2, 1]);
    expect(new Set(asked<ClipRequest>(video).map(({ seed }) => seed)).size).toBe(2);
    expect(ordinals(project)).toEqual(['0', '1', '2*']);
    expect(project.money.charged).toBe(plan.cost.expected);
  });

  it('come one by one of a model that brings one, within a budget of their worst price', async () => {
    const pipeline = world.pipeline({ video: several(1) });
    const { worst } = (await pipeline.plan(settingsFor(2, { takes: 4 }))).cost;
    const result = await world.film(pipeline, 2, { takes: 4, budget: worst! });
    expect([result.status, ordinals(result.project).length, bodies('call.intended').length]).toEqual([
      'completed',
      4,
      11,
    ]);
  });

  it('are never more than the settings, and 1 to 4', async () => {
    const result = await world.film(world.pipeline({ video: several(4, ({ takes }) => takes + 2) }));
    expect(ordinals(result.project)).toEqual(['0*', '0', '0']);
    for (const takes of [0, 5, 1.5])
      await expect(world.pipeline().create(settingsFor(1, { takes }))).rejects.toThrow(InvalidSettingsError);
  });

  it('are kept where a filter took some of a reply, are charged as reported, and are not asked for again', async () => {
    const video = several(4, () => 2);
    const pipeline = world.pipeline({ video });
    const { status, project } = await world.film(pipeline, 1, { takes: 4 });
    expect([status, ordinals(project)]).toEqual(['completed', ['0', '1*']]);
    expect(bodies('call.settled').at(-1)).toMatchObject({ outcome: 'succeeded', charged: 400_000 });
    expect((await world.clock.run(pipeline.run(project.id))).status).toBe('completed');
    const fork = await pipeline.fork(project.id);
    expect((await pipeline.plan(fork.id)).calls).toBe(0);
    expect((await world.clock.run(pipeline.run(fork.id))).status).toBe('completed');
    expect(asked(video)).toHaveLength(1);
  });

  it('are done without where a filter takes one of them, and remedied where it takes all', async () => {
    const second = several(1, (_, nth) => (nth === 1 ? block('output') : 1));
    const { status, project } = await world.film(world.pipeline({ video: second }), 1, { takes: 3 });
    expect([status, ordinals(project)]).toEqual(['completed', ['0', '2*']]);
    expect(bodies('remedy.applied')).toEqual([]);
    const all = several(4, (_, nth) => (nth === 0 ? block('output') : 3));
    const remedied = await world.film(world.pipeline({ video: all }), 1, { takes: 3 });
    expect([remedied.status, ordinals(remedied.project)]).toEqual(['completed', ['0', '1', '2*']]);
    expect(bodies('remedy.applied')).toHaveLength(1);
    expect(asked<ClipRequest>(all).map(({ takes }) => takes)).toEqual([3, 3]);
  });

  it('are done without where inspect takes one of them out, and made anew where it takes all', async () => {
    let looks = 0;
    const dark = { retake: true, reasons: ['it is dark'] } as const;
    const inspect: Inspect = (_, { kind }) => (kind === 'clip' && (looks += 1) <= 3 ? dark : 'ok');
    const video = several(2);
    const pipeline = world.pipeline({ video }, { inspect });
    const { status, project } = await world.film(pipeline, 1, { takes: 2 });
    expect([status, ordinals(project)]).toEqual(['completed', ['0', '1', '0', '1*']]);
    expect([asked(video).length, looks]).toEqual([2, 4]);
    expect(bodies('remedy.applied')).toMatchObject([{ remedy: { kind: 'retake' } }]);
  });

  it('that come one after another take as long as they are many', async () => {
    await world.film(world.pipeline(), 1);
    const pipeline = world.pipeline();
    const p50 = async (takes: number): Promise<number> => {
      return (await pipeline.plan(settingsFor(1, { takes }))).eta?.p50 ?? 0;
    };
    const [one, three] = [await p50(1), await p50(3)];
    const { p50: clipSeconds } = (await pipeline.metrics()).durations['mock:clip']!;
    expect(three - one).toBeCloseTo(2 * clipSeconds);
  });

  it('that are wanted more of are bought beside those that are there; fewer change nothing', async () => {
    const video = several(4);
    const pipeline = world.pipeline({ video });
    const { project } = await world.film(pipeline, 1);
    const { id } = project;
    const rerun = async (): Promise<Project> => (await world.clock.run(pipeline.run(id))).project;
    await pipeline.revise(id, { settings: { takes: 3, apply: 'missing' } });
    expect((await pipeline.plan(id)).calls).toBe(0);
    await pipeline.revise(id, { settings: { takes: 4 } });
    await pipeline.revise(id, { select: { [project.scenes[0]!.id]: clipsOf(project)[0]!.id } });
    expect((await pipeline.plan(id)).calls).toBe(0);
    await pipeline.revise(id, { retake: { [project.scenes[0]!.id]: ['clip'] } });
    expect(ordinals(await rerun())).toEqual(['0', '1', '2', '3', '4*']);
    await pipeline.revise(id, { settings: { takes: 1 } });
    expect(ordinals(await rerun())).toEqual(['0', '1', '2', '3', '4*']);
    await pipeline.revise(id, { retake: { [project.scenes[0]!.id]: ['clip'] } });
    expect(ordinals(await rerun())).toEqual(['0', '1', '2', '3', '4', '5*']);
    expect(asked<ClipRequest>(video).map(({ takes }) => takes)).toEqual([1, 4, 1]);
  });
});

/** A hook that notes what it is shown; `say` answers by how many it was shown before. */
function hook(say: (nth: number) => ReturnType<Score>): {
  readonly score: Score;
  readonly seen: Omit<ScoreContext, 'signal'>[];
} {
  const seen: (Omit<ScoreContext, 'signal'> & { readonly asset: Asset })[] = [];
  const score: Score = (asset, { signal, ...about }) => {
    expect(signal.aborted).toBe(false);
    expect(JSON.parse(readFileSync(about.path, 'utf8'))).toMatchObject({ kind: 'video' });
    return say(seen.push({ ...about, asset }) - 1);
  };
  return { score, seen };
}

describe('score', () => {
  it('chooses the best of the candidates, is asked once for each, and is kept in the log', async () => {
    const { score, seen } = hook((nth) => [0.2, 0.9, 0.5][nth] ?? 2);
    const pipeline = world.pipeline({ video: several(2) }, { score });
    const { status, project } = await world.film(pipeline, 1, { takes: 3 });
    expect([status, ordinals(project)]).toEqual(['completed', ['0', '1*', '2']]);
    expect(clipsOf(project).map((take) => take.score)).toEqual([0.2, 0.9, 0.5]);
    const [scene] = project.scenes;
    expect(seen[0]).toMatchObject({ projectId: project.id, stepId: `clip:${scene!.id}`, sceneId: scene!.id });
    expect(seen[0]).toMatchObject({ seconds: 4, audio: false, prompt: expect.stringContaining('motion 1') as string });
    expect(bodies('artifact.scored').map((each) => [each.ordinal, each.score, each.error])).toEqual([
      [0, 0.2, null],
      [1, 0.9, null],
      [2, 0.5, null],
    ]);
    expect((await world.clock.run(world.pipeline({}, { score }).run(project.id))).status).toBe('completed');
    const fork = await pipeline.fork(project.id);
    expect(ordinals((await world.clock.run(pipeline.run(fork.id))).project)).toEqual(['0', '1*', '2']);
    expect(seen).toHaveLength(3);
  });

  it('is not asked where there is one clip, nor for frames, and gives way to your choice', async () => {
    const { score, seen } = hook((nth) => -nth);
    const pipeline = world.pipeline({}, { score });
    const { project } = await world.film(pipeline, 1);
    const [scene] = project.scenes;
    await pipeline.revise(project.id, { retake: { [scene!.id]: ['end'] } });
    await world.clock.run(pipeline.run(project.id));
    expect(seen).toEqual([]);
    await pipeline.revise(project.id, { retake: { [scene!.id]: ['clip'] } });
    const retaken = (await world.clock.run(pipeline.run(project.id))).project;
    expect(seen).toHaveLength(2);
    const [best, other] = clipsOf(retaken).slice(-2);
    expect([best?.selected, other?.selected]).toEqual([true, false]);
    await pipeline.revise(project.id, { select: { [scene!.id]: other!.id } });
    const chosen = (await world.clock.run(pipeline.run(project.id))).project;
    expect(chosen.scenes[0]?.clip).toEqual(other?.asset);
    expect(seen).toHaveLength(2);
  });

  it.each<[string, Score, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no model');
      },
      /no model/,
    ],
    ['says what is no number', () => NaN, /finite number/],
    ['says something else', () => 'good' as never, /finite number/],
    ['takes too long', () => new Promise(() => undefined), /longer than 50 ms/],
  ])('that %s counts as none: the newest is used', async (_, score, why) => {
    const pipeline = world.pipeline({ video: several(4) }, { score, scoreTimeoutMs: 50 });
    const { status, project } = await world.film(pipeline, 1, { takes: 2 });
    expect([status, ordinals(project)]).toEqual(['completed', ['0', '1*']]);
    for (const { score: said, error } of bodies('artifact.scored'))
      expect([said, error]).toEqual([null, expect.stringMatching(why)]);
    expect(world.logged.filter((line) => line.startsWith('a take could not be scored'))).toHaveLength(2);
    expect(clipsOf(project).map((take) => take.score)).toEqual([null, null]);
  });

  it('is asked again by the next run where a stop cut it short', async () => {
    let pipeline = world.pipeline();
    let stopping: Promise<unknown> = Promise.resolve();
    const score: Score = (_, { projectId, signal }) => {
      stopping = pipeline.stop(projectId);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut short'))));
    };
    pipeline = world.pipeline({ video: several(4) }, { score });
    const { status, project } = await world.film(pipeline, 1, { takes: 2 });
    await world.clock.run(stopping);
    expect([status, bodies('artifact.scored')]).toEqual(['stopped', []]);
    const { score: calm, seen } = hook((nth) => -nth);
    const rested = await world.clock.run(world.pipeline({}, { score: calm }).run(project.id));
    expect([rested.status, ordinals(rested.project), seen.length]).toEqual(['completed', ['0*', '1'], 2]);
  });
});
