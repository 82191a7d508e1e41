import { afterEach, describe, expect, it } from 'vitest';
import { InvalidSettingsError, type Pipeline, type PipelineOptions, type RunOptions, type RunResult } from 'vidpipe';
import type { EventStore } from 'vidpipe/storage';
import { TestWorld, withMembers } from '../support/runs.ts';
import { providerOf, settingsFor, worldPipeline } from '../support/world.ts';

let world = new TestWorld();
afterEach(async () => {
  await world.close();
  world = new TestWorld();
});

const limited = (more: Partial<PipelineOptions>): Pipeline => world.pipeline({}, more);

interface Film {
  readonly id: string;
  readonly queued: boolean;
  readonly done: Promise<RunResult>;
}

const create = async (pipeline: Pipeline, account?: string): Promise<string> =>
  (await pipeline.create(settingsFor(1, account === undefined ? {} : { account }))).id;

async function start(pipeline: Pipeline, account?: string, options?: RunOptions): Promise<Film> {
  const id = await create(pipeline, account);
  return { id, ...(await pipeline.start(id, options)) };
}

async function startAll(count: number, pipeline: Pipeline, account?: string): Promise<Film[]> {
  const films: Film[] = [];
  while (films.length < count) films.push(await start(pipeline, account));
  return films;
}

/** A process that is gone at once when it is dead: its store answers it no more. */
class Dying {
  isDead = false;
  readonly pipeline: Pipeline;

  constructor() {
    const never = new Promise<never>(() => undefined);
    const { clock, assets, events: inner } = world;
    const events = withMembers(inner, {
      append: (batch) => (this.isDead ? never : inner.append(batch)),
      lease: (...args) => (this.isDead ? never : inner.lease(...args)),
    });
    this.pipeline = worldPipeline(clock, providerOf({ clock }), { events, assets, maxActive: 2, owner: 'of the dead' });
  }
}

/** Ids of the projects whose runs have begun, in order. */
const begun = (): string[] =>
  world.emitted.flatMap(({ type, projectId }) => (type === 'run.started' ? [projectId] : []));

/** The most projects that ran at once, of some or of all. */
function most(ids?: readonly string[]): number {
  let [running, highest] = [0, 0];
  for (const { type, projectId } of world.emitted) {
    if (ids?.includes(projectId) === false) continue;
    if (type === 'run.started') highest = Math.max(highest, (running += 1));
    if (type === 'run.ended') running -= 1;
  }
  return highest;
}

const ends = (films: readonly Film[]): Promise<string[]> =>
  world.clock.run(Promise.all(films.map(async ({ done }) => (await done).status)));

describe('maxActive', () => {
  it('is how many run at once; the others are pending until their turn comes, and all are finished', async () => {
    const pipeline = limited({ maxActive: 2 });
    const films = await startAll(7, pipeline);
    expect(films.map(({ queued }) => queued)).toEqual([false, false, ...Array<boolean>(5).fill(true)]);
    expect((await pipeline.list({ status: 'pending' })).items).toHaveLength(5);
    expect(await ends(films)).toEqual(Array(7).fill('completed'));
    expect([most(), begun()]).toEqual([2, films.map(({ id }) => id)]);
  });

  it('of an account holds beside that of all', async () => {
    const pipeline = limited({ maxActive: 3, maxActivePerAccount: 2 });
    const films = [...(await startAll(4, pipeline, 'ada')), ...(await startAll(4, pipeline, 'bob'))];
    const { projects } = await pipeline.limits();
    expect(projects).toEqual({
      running: 3,
      queued: 5,
      limit: { maxActive: 3, maxActivePerAccount: 2 },
      accounts: [
        { account: 'ada', running: 2, queued: 2 },
        { account: 'bob', running: 1, queued: 3 },
      ],
    });
    expect(await ends(films)).toEqual(Array(8).fill('completed'));
    const [ada, bob] = [films.slice(0, 4), films.slice(4)].map((each) => most(each.map(({ id }) => id)));
    expect([most(), ada, bob]).toEqual([3, 2, 2]);
    expect((await pipeline.limits()).projects).toMatchObject({ running: 0, queued: 0, accounts: [] });
  });

  it.each([1, 3])('with %i, one of B that comes after 100 of A begins in the next turn', async (maxActive) => {
    const pipeline = limited({ maxActive });
    const films = await startAll(100, pipeline, 'A');
    const b = await start(pipeline, 'B', { priority: 99 });
    expect(b.queued).toBe(true);
    expect((await world.clock.run(b.done)).status).toBe('completed');
    expect(begun().indexOf(b.id)).toBe(maxActive);
    expect(begun().length).toBeLessThan(10);
    await world.clock.run(pipeline.close());
    expect((await ends(films)).filter((status) => status === 'stopped').length).toBeGreaterThan(90);
  });

  it('lets the lowest priority of an account go first, then the oldest', async () => {
    const pipeline = limited({ maxActive: 1 });
    const films: Film[] = [];
    for (const priority of [0, 0, 5, -1, 0, -1]) films.push(await start(pipeline, 'ada', { priority }));
    await ends(films);
    expect(begun()).toEqual([0, 3, 5, 1, 4, 2].map((nth) => films[nth]?.id));
  });

  it.each([
    { maxActive: 0 },
    { maxActive: 1.5 },
    { maxActive: NaN },
    { maxActive: '3' as never },
    { maxActivePerAccount: -1 },
    { maxActivePerAccount: Infinity },
  ])('%j is refused', (options) => {
    expect(() => limited(options)).toThrow(InvalidSettingsError);
  });

  it('a priority that is none is refused', async () => {
    await expect(start(limited({}), 'ada', { priority: NaN })).rejects.toThrow(InvalidSettingsError);
  });
});

describe('a project that waits for its turn', () => {
  it.each(['stop', 'drain', 'signal'] as const)('is taken out by %s, and is as it was', async (how) => {
    const pipeline = limited({ maxActive: 1 });
    const stopping = new AbortController();
    const first = await start(pipeline);
    const film = await start(pipeline, undefined, { signal: stopping.signal });
    const last = await start(pipeline);
    if (how === 'signal') stopping.abort();
    else expect(await pipeline.stop(film.id, { drain: how === 'drain' })).toEqual({ operations: [] });
    expect(await film.done).toMatchObject({ status: 'stopped', project: { status: 'pending' } });
    expect(await world.types(film.id)).toEqual(['project.created']);
    expect(await ends([first, last])).toEqual(['completed', 'completed']);
    expect((await world.clock.run(pipeline.run(film.id))).status).toBe('completed');
  });

  it.each(['before', 'while'] as const)('and is stopped just %s it is let in, is stopped', async (when) => {
    let stop: (id: string) => void = () => undefined;
    let stopped: Promise<unknown> = Promise.resolve();
    const lease: EventStore['lease'] = (id, ...more) => {
      if (when === 'while') stop(id);
      return world.events.lease(id, ...more);
    };
    const pipeline = limited({ maxActive: 1, events: withMembers(world.events, { lease }) });
    const [first, film] = (await startAll(2, pipeline)) as [Film, Film];
    stop = (id) => {
      if (id === film.id) stopped = pipeline.stop(id);
    };
    pipeline.on('run.ended', ({ projectId }) => {
      if (projectId === first.id && when === 'before') stop(film.id);
    });
    expect(await ends([first, film])).toEqual(['completed', 'stopped']);
    await world.clock.run(stopped);
    expect(begun()).toHaveLength(when === 'before' ? 1 : 2);
    expect((await pipeline.limits()).projects).toMatchObject({ running: 0, queued: 0 });
  });

  it('is taken out by close, with grace too, and left to other processes', async () => {
    const pipeline = limited({ maxActive: 1 });
    const films = await startAll(3, pipeline);
    await world.clock.advance(1_000);
    await world.clock.run(pipeline.close({ graceMs: 20_000 }));
    expect(await ends(films)).toEqual(['interrupted', 'stopped', 'stopped']);
    const other = limited({ maxActive: 1 });
    const again = await Promise.all(films.map(({ id }) => other.start(id)));
    expect(await ends(again.map((each) => ({ id: '', ...each })))).toEqual(Array(3).fill('completed'));
  });

  it('may be run by another process meanwhile, and its turn then goes to the next one', async () => {
    const pipeline = limited({ maxActive: 1 });
    const [first, film, last] = (await startAll(3, pipeline)) as [Film, Film, Film];
    const other = await limited({}).start(film.id);
    await expect(world.clock.run(film.done)).rejects.toMatchObject({ code: 'lease-held' });
    expect(await ends([first, last, { id: '', ...other }])).toEqual(Array(3).fill('completed'));
    expect((await pipeline.limits()).projects).toMatchObject({ running: 0, queued: 0 });
  });

  it('is joined by those who start it again', async () => {
    const pipeline = limited({ maxActive: 1 });
    const [first, film] = (await startAll(2, pipeline)) as [Film, Film];
    const again = await pipeline.start(film.id);
    expect(again.queued).toBe(true);
    expect(await ends([first, film, { id: '', ...again }])).toEqual(Array(3).fill('completed'));
    expect(begun()).toEqual([first.id, film.id]);
  });

  it('is not begun where its process dies: what ran is recovered, what waited is pending', async () => {
    const dying = new Dying();
    const films = await startAll(5, dying.pipeline);
    await world.clock.advance(1_000);
    dying.isDead = true;
    await world.clock.advance(60_000);
    const other = limited({ maxActive: 1 });
    expect((await other.list({ status: 'pending' })).items).toHaveLength(3);
    expect(await world.clock.run(other.recover())).toHaveLength(2);
    const again = await Promise.all(films.map(({ id }) => other.start(id)));
    expect(again.filter(({ queued }) => queued)).toHaveLength(4);
    expect(await ends(again.map((each) => ({ id: '', ...each })))).toEqual(Array(5).fill('completed'));
  });

  it('that is not there any more rejects, and its turn goes to the next one', async () => {
    const pipeline = limited({ maxActive: 1 });
    const [first, film, last] = (await startAll(3, pipeline)) as [Film, Film, Film];
    await pipeline.delete(film.id);
    await expect(world.clock.run(film.done)).rejects.toMatchObject({ code: 'project-not-found' });
    expect(await ends([first, last])).toEqual(['completed', 'completed']);
  });
});
