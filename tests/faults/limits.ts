import { spawnSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { Keys } from '../soak/world.ts';
import { OsWorld } from './os-world.ts';
import { endOf, Impatient, type Outcome, wrongEnd } from './outcome.ts';

/** A limit of a process, set at its nth event. */
export interface LimitCase {
  readonly limit: 'nofile' | 'fsize';
  readonly value: number;
  /** 0: as it begins. */
  readonly nth: number;
  readonly keys: Keys;
}

/** Open files: what a running process has open, and a few more. Sizes of files: less than the database and its log need. */
const VALUES = { nofile: [8, 22, 24, 26, 28], fsize: [0, 4_096, 65_536, 150_000] } as const;

/** Each limit at several moments. */
export function limitCases(): readonly LimitCase[] {
  return (['nofile', 'fsize'] as const).flatMap((limit) =>
    VALUES[limit].flatMap((value, row) =>
      [0, 1, 4, 8].map((nth, column) => ({
        limit,
        value,
        nth,
        keys: (['keys', 'look-up', 'neither'] as const)[(row + column) % 3] ?? 'keys',
      })),
    ),
  );
}

/** Why limits of processes can not be set here; `null`: they can. */
export function whyNoLimits(): string | null {
  return spawnSync('prlimit', ['--version']).status === 0 ? null : 'prlimit is not there';
}

/** Makes a film in a process that meets a limit on its way, resumes it without, and checks all. */
export async function playLimit({ limit, value, nth, keys }: LimitCase): Promise<Outcome> {
  const world = await new OsWorld(keys).open();
  try {
    const impatient = new Impatient();
    let events = -1;
    const ended = await world.run({
      onLine: (line, child) => {
        impatient.onLine(line, child);
        events += 1;
        if (events === nth) spawnSync('prlimit', ['--pid', String(child.pid), `--${limit}=${value}`]);
      },
    });
    const row = `${limit}: ${endOf(ended, impatient.hasKilled)}`;
    const violations = [...wrongEnd(ended, impatient.hasKilled), ...(await world.finish())];
    return { row, happened: ended.last !== 'rest completed', violations };
  } finally {
    await world.close();
  }
}

/** Another writer that holds the database from the nth event for so long, milliseconds. */
export interface BusyCase {
  readonly nth: number;
  readonly heldMs: number;
}

/** Holds within the time that a write waits, and longer ones. */
export function busyCases(): readonly BusyCase[] {
  return [1, 2, 4, 7, 9, 12]
    .flatMap((nth) => [50, 400].map((heldMs) => ({ nth, heldMs })))
    .concat({ nth: 4, heldMs: 6_500 });
}

/** Makes a film whose database another writer holds for a while, and checks all: no event is lost. */
export async function playBusy({ nth, heldMs }: BusyCase): Promise<Outcome> {
  const world = await new OsWorld('keys').open();
  try {
    let events = -1;
    let held: Promise<void> = Promise.resolve();
    const hold = (): void => {
      const db = new DatabaseSync(join(world.dir, 'vidpipe.db'), { timeout: 5_000 });
      db.exec('begin immediate');
      held = new Promise((resolve) =>
        setTimeout(() => {
          db.exec('rollback');
          db.close();
          resolve();
        }, heldMs),
      );
    };
    const ended = await world.run({
      onLine: () => {
        events += 1;
        if (events === nth) hold();
      },
    });
    await held;
    const lost = ended.last === 'rest completed' ? [] : [`it ended with "${ended.last}"`];
    return { row: `held for ${heldMs} ms`, happened: events >= nth, violations: [...lost, ...(await world.finish())] };
  } finally {
    await world.close();
  }
}
