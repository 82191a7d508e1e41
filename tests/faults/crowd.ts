import { join } from 'node:path';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import type { Keys } from '../soak/world.ts';
import { settingsFor } from '../support/world.ts';
import { type Ended, OsWorld } from './os-world.ts';
import type { Outcome } from './outcome.ts';
import { PRICES } from './paper-service.ts';
import { Barrier } from './races.ts';

/** Projects of one account, each a clip short of its film, that all processes run at once. */
export interface Crowd {
  readonly projects: number;
  readonly processes: number;
  readonly keys: Keys;
}

const SCRIPT = join(import.meta.dirname, 'crowd-child.ts');
const ACCOUNT = 'crowd';
const CLIP = 4 * PRICES.second;
/** What the account has room for, and what is to be bought of it. */
const [ROOM, CLIPS] = [3.5, 3];

/** Buys the frames of all projects, and leaves the account room for so many clips; answers what it is charged. */
async function prepared(world: OsWorld, projects: number): Promise<number> {
  const pipeline = world.pipeline();
  for (let nth = 0; nth < projects; nth += 1) {
    const { id } = await pipeline.create(settingsFor(1, { account: ACCOUNT, gates: ['keyframes'] }));
    await pipeline.run(id);
    await pipeline.approve(id, 'keyframes', (await pipeline.plan(id)).digest);
  }
  await pipeline.close();
  const events = sqlite(join(world.place.database, 'vidpipe.db'));
  const { charged } = await events.pool(`account/${ACCOUNT}`);
  await events.pool(`account/${ACCOUNT}`, charged + ROOM * CLIP);
  await events.close?.();
  return charged;
}

function wrongEnds(ended: readonly Ended[], projects: number): string[] {
  const odd = ended.flatMap(({ lines }) =>
    lines.slice(1, -1).filter((line) => !/^(rest (completed|waiting budget)|error lease-held)$/.test(line)),
  );
  const cut = ended.filter(({ last, lines }) => last !== 'done' || lines.length !== projects + 2);
  return [...odd, ...cut.map(({ last, stderr }) => `a process ended with "${last}": ${stderr}`)];
}

/** What the service, the pool and the projects say in the end. */
async function wrongSums(world: OsWorld, before: number, bought: number, projects: number): Promise<string[]> {
  const events = sqlite(join(world.place.database, 'vidpipe.db'));
  const pool = await events.pool(`account/${ACCOUNT}`);
  const { items } = await events.list({ limit: 200 });
  await events.close?.();
  const finished = items.filter(({ status }) => status === 'completed').length;
  const waiting = items.filter(({ status }) => status === 'waiting').length;
  return [
    ...(bought === CLIPS ? [] : [`${bought} clips were bought, with room for ${ROOM}`]),
    ...(pool.charged === before + CLIPS * CLIP && pool.held === 0 ? [] : [`the pool says ${JSON.stringify(pool)}`]),
    ...(finished === CLIPS && waiting === projects - CLIPS ? [] : [`${finished} are finished, ${waiting} wait`]),
  ];
}

/** Crowds of the soak. */
export const crowds = Array.from({ length: 10 }, (_, nth): Crowd => ({
  projects: 50,
  processes: 8,
  keys: nth % 2 === 0 ? 'keys' : 'look-up',
}));

/** Lets all processes run all projects at once on one database. */
export async function playCrowd({ projects, processes, keys }: Crowd): Promise<Outcome> {
  const world = await new OsWorld(keys).open();
  try {
    const before = await prepared(world, projects);
    const barrier = new Barrier(join(world.dir, 'crowd'), processes);
    const start = {
      script: SCRIPT,
      barrier: barrier.path,
      onLine: barrier.onReady,
      longestMs: 120_000,
    };
    const ended = await Promise.all(
      Array.from({ length: processes }, (_, nth) =>
        world.run({ ...start, env: { UV_THREADPOOL_SIZE: '1', CROWD: `${nth}/${processes}` } }),
      ),
    );
    const bought = world.service.bills.filter(({ microUsd }) => microUsd === CLIP).length;
    const drove = ended.filter(({ lines }) => lines.some((line) => line.startsWith('rest '))).length;
    const violations = [...wrongEnds(ended, projects), ...(await wrongSums(world, before, bought, projects))];
    const row = `${projects} projects, ${processes} processes, room for ${ROOM} clips: ${bought} bought (${keys})`;
    return { row, happened: drove === processes, violations };
  } finally {
    await world.close();
  }
}
