import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Keys } from '../soak/world.ts';
import { OsWorld } from './os-world.ts';
import { endOf, Impatient, type Outcome, wrongEnd } from './outcome.ts';

/** System calls that a film's files and database are written by. */
export const CALLS = ['pwrite64', 'fsync', 'fdatasync', 'ftruncate', 'rename', 'link', 'unlink'] as const;

/** One fault: at the nth such call of a thread, the process is killed, or the call fails, once or from then on. */
export interface Point {
  readonly call: (typeof CALLS)[number];
  readonly nth: number;
  readonly fault: 'KILL' | 'ENOSPC' | 'EIO';
  readonly stays: boolean;
  readonly keys: Keys;
}

/** Why calls can not be traced here; `null`: they can. */
export function whyNoTraces(): string | null {
  const { status, error } = spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
  return status === 0 ? null : `strace does not run (${error?.message ?? `exit code ${status}`})`;
}

/** One thread for files, so that their calls are counted together. */
const env = { UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };

/** How often each call is made by the thread that makes it most, for a whole film. */
export async function countCalls(): Promise<ReadonlyMap<Point['call'], number>> {
  const world = await new OsWorld('keys').open();
  try {
    const log = join(world.dir, 'strace.log');
    await world.run({ env, wrap: ['strace', '-f', '-qq', '-o', log, '-e', `trace=${CALLS.join()}`] });
    const counts = new Map<string, number>();
    for (const line of readFileSync(log, 'utf8').split('\n')) {
      const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
      if (call !== undefined) counts.set(`${thread} ${call}`, (counts.get(`${thread} ${call}`) ?? 0) + 1);
    }
    const most = (call: string): number =>
      Math.max(0, ...[...counts].flatMap(([key, count]) => (key.endsWith(` ${call}`) ? [count] : [])));
    return new Map(CALLS.map((call) => [call, most(call)]));
  } finally {
    await world.close();
  }
}

function wrapOf({ call, nth, fault, stays }: Point, log: string): string[] {
  const what = fault === 'KILL' ? 'signal=KILL' : `error=${fault}`;
  const inject = `inject=${call}:${what}:when=${nth}${stays ? '+' : ''}`;
  return ['strace', '-f', '-qq', '-o', log, '-e', `trace=${call}`, '-e', inject];
}

/** Plays a film up to a fault, resumes it, and checks all. */
export async function playPoint(point: Point): Promise<Outcome> {
  const { call, fault, stays } = point;
  const world = await new OsWorld(point.keys).open();
  try {
    const log = join(world.dir, 'strace.log');
    const impatient = new Impatient();
    const ended = await world.run({ env, wrap: wrapOf(point, log), onLine: impatient.onLine });
    const isKill = fault === 'KILL';
    const killed = isKill || impatient.hasKilled;
    const happened = isKill ? ended.signal === 'SIGKILL' : readFileSync(log, 'utf8').includes('(INJECTED)');
    const row = `${call} ${fault}${stays ? ' from then on' : ''}: ${endOf(ended, killed)}`;
    return { row, happened, violations: [...wrongEnd(ended, killed), ...(await world.finish())] };
  } finally {
    await world.close();
  }
}

const ALL_KEYS: readonly Keys[] = ['keys', 'look-up', 'neither'];

/** Every call killed once; of the frequent ones each fifth failing once and each ninth from then on, of the others all. */
export function pointsOf(counts: ReadonlyMap<Point['call'], number>): readonly Point[] {
  const points: Omit<Point, 'keys'>[] = [];
  for (const [call, most] of counts) {
    const isRare = most < 20;
    const every = (step: number, fault: Point['fault'], stays: boolean): void => {
      for (let nth = 1; nth <= most; nth += isRare ? 1 : step) points.push({ call, nth, fault, stays });
    };
    every(1, 'KILL', false);
    for (const fault of ['ENOSPC', 'EIO'] as const) {
      every(5, fault, false);
      every(9, fault, true);
    }
  }
  return points.map((point, index) => ({ ...point, keys: ALL_KEYS[index % ALL_KEYS.length] ?? 'keys' }));
}
