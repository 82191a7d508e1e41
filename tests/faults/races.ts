import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from 'vidpipe/testing';
import type { Keys } from '../soak/world.ts';
import { settingsFor } from '../support/world.ts';
import { type Ended, OsWorld, type Start } from './os-world.ts';
import type { Outcome } from './outcome.ts';

/** Processes that resume one project at once. */
export interface Race {
  readonly seed: number;
  readonly processes: number;
  readonly keys: Keys;
  /** The one that drives is killed after this event; `null`: it is left alone. */
  readonly killedAt: string | null;
}

/** The race of a seed: 2 to 8 processes, half of the time one is killed. */
export function raceOf(seed: number): Race {
  const random = new SeededRandom(seed);
  return {
    seed,
    processes: random.whole(2, 8),
    keys: random.pick(['keys', 'look-up'] as const),
    killedAt: random.chance(0.5) ? random.pick(['call.intended', 'call.submitted', 'call.settled']) : null,
  };
}

/** Barrier to be opened when so many children are ready. */
export class Barrier {
  readonly path: string;
  #missing: number;

  constructor(path: string, children: number) {
    this.path = path;
    this.#missing = children;
  }

  readonly onReady = (line: string): void => {
    if (line.startsWith('ready ')) this.#missing -= 1;
    if (this.#missing === 0) writeFileSync(this.path, '');
  };
}

/** One drives; the others are told who does, or come when it is over. */
function wrongEnds(ended: readonly Ended[]): string[] {
  const pids = ended.map(({ pid }) => String(pid));
  const isTold = (last: string): boolean => {
    const [, pid = ''] = /^error lease-held "[^/]+\/(\d+)\//.exec(last) ?? [];
    return pids.includes(pid);
  };
  const drove = ended.filter(({ lines }) => lines.includes('run.started')).length;
  const wrong = ended.filter(({ last, signal }) => signal === null && last !== 'rest completed' && !isTold(last));
  return [
    ...(drove === 0 ? ['nobody has driven it'] : []),
    ...wrong.map(({ last, stderr }) => `a process ended with "${last}": ${stderr}`),
  ];
}

/** Lets all resume the project at once, again where the one that drove was killed, and checks all. */
export async function playRace({ processes, keys, killedAt }: Race): Promise<Outcome> {
  const world = await new OsWorld(keys).open();
  try {
    const pipeline = world.pipeline();
    await pipeline.create(settingsFor(2));
    await pipeline.close();
    let killed = false;
    const round = async (onLine: NonNullable<Start['onLine']>, name: string): Promise<Ended[]> => {
      const barrier = new Barrier(join(world.dir, name), processes);
      const start = { barrier: barrier.path, env: { UV_THREADPOOL_SIZE: '1' } };
      const both: Start['onLine'] = (line, child) => (barrier.onReady(line), onLine(line, child));
      return Promise.all(Array.from({ length: processes }, () => world.run({ ...start, onLine: both })));
    };
    const first = await round((line, child) => {
      if (line !== killedAt || killed) return;
      killed = true;
      child.kill();
    }, 'first');
    const second = killed ? await round(() => undefined, 'second') : [];
    const wrong = [...wrongEnds(first), ...(killed ? wrongEnds(second) : [])];
    const row = `${processes} processes${killed ? ', the driver killed' : ''} (${keys})`;
    return { row, happened: killed === (killedAt !== null), violations: [...wrong, ...(await world.finish())] };
  } finally {
    await world.close();
  }
}
