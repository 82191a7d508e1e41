import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isVidpipeError } from 'vidpipe';
import type { Keys } from '../soak/world.ts';
import { type Ended, OsWorld } from './os-world.ts';

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

/** What became of a point. */
export interface Played {
  /** The fault came to happen. */
  readonly happened: boolean;
  /** How the child has ended. */
  readonly end: string;
  readonly violations: readonly string[];
}

/** Whether calls can be traced here. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;
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

/** What is wrong with how a child ended whose calls failed: it rests, waits, or says why. */
function wrongEnd({ last, hung, stderr }: Ended, killed: boolean): string[] {
  if (hung) return [`it hung after "${last}"`];
  return killed || /^(rest (completed|waiting|failed)|error) ?/.test(last)
    ? []
    : [`it ended with "${last}": ${stderr}`];
}

/** A fact that can not be written is tried until it can, so that such a child is ended from outside. */
const ENOUGH_TRIES = 2;

/** Plays a film up to a fault, resumes it, and checks all. */
export async function playPoint(point: Point): Promise<Played> {
  const world = await new OsWorld(point.keys).open();
  try {
    const log = join(world.dir, 'strace.log');
    let tries = 0;
    const ended = await world.run({
      env,
      wrap: wrapOf(point, log),
      onLine: (line, kill) => {
        tries += line === 'logged a fact is not durable yet' ? 1 : 0;
        if (tries === ENOUGH_TRIES) kill();
      },
    });
    const killed = point.fault === 'KILL' || tries >= ENOUGH_TRIES;
    const happened =
      point.fault === 'KILL' ? ended.signal === 'SIGKILL' : readFileSync(log, 'utf8').includes('(INJECTED)');
    const found = await world.finish().catch((error: unknown) => {
      if (!isVidpipeError(error)) throw error;
      return [`it can not be resumed: ${error.message}`];
    });
    const end = killed && !ended.last.startsWith('rest') ? 'killed' : ended.last;
    return { happened, end, violations: [...wrongEnd(ended, killed), ...found] };
  } finally {
    await world.close();
  }
}
