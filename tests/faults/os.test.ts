// A slice of what `npm run test:soak` plays whole: one film made by real processes on real files.
import { describe, expect, it } from 'vitest';
import { playCrowd } from './crowd.ts';
import { type DiskCase, playDisk } from './disks.ts';
import { playBusy, playLimit, whyNoLimits } from './limits.ts';
import { whyNoMounts } from './mounts.ts';
import { playRace } from './races.ts';
import { type Point, playPoint, whyNoTraces } from './strace.ts';

/** Why something is left out, printed. */
function left(what: string, why: string | null): boolean {
  if (why !== null) console.log(`${what} are left out: ${why}`);
  return why !== null;
}

const good = { happened: true, violations: [] };

describe.skipIf(left('faults of system calls', whyNoTraces()))('a system call', () => {
  const kill = (call: Point['call'], nth: number, keys: Point['keys']): Point => {
    return { call, nth, keys, fault: 'KILL', stays: false };
  };
  it.each<Point>([
    kill('pwrite64', 60, 'keys'),
    kill('pwrite64', 150, 'look-up'),
    kill('fsync', 12, 'neither'),
    kill('rename', 3, 'keys'),
    kill('link', 1, 'look-up'),
    kill('unlink', 3, 'keys'),
    { call: 'link', nth: 1, fault: 'EIO', stays: false, keys: 'keys' },
    { call: 'unlink', nth: 3, fault: 'EIO', stays: true, keys: 'keys' },
    { call: 'unlink', nth: 5, fault: 'ENOSPC', stays: true, keys: 'look-up' },
    { call: 'pwrite64', nth: 90, fault: 'ENOSPC', stays: true, keys: 'neither' },
    { call: 'rename', nth: 2, fault: 'EIO', stays: true, keys: 'look-up' },
  ])('$call $nth meets $fault: resumed, all holds and nothing is bought twice', async (point) => {
    expect(await playPoint(point)).toMatchObject(good);
  });
});

describe.skipIf(left('disks', whyNoMounts()))('a disk', () => {
  const whole: Omit<DiskCase, 'part' | 'size'> = { readOnly: false, looks: false, keys: 'look-up' };
  it.each<DiskCase>([
    { ...whole, part: 'database', size: '160k' },
    { ...whole, part: 'assets', size: '8k' },
    { ...whole, part: 'database', size: '8m', readOnly: true, looks: true },
    { ...whole, part: 'assets', size: '8m', readOnly: true, looks: true },
    { ...whole, part: 'work', size: '8m', readOnly: true, looks: true },
  ])('for the $part of $size, read only: $readOnly, is waited for; nothing is bought twice', async (disk) => {
    expect(await playDisk(disk)).toMatchObject(good);
  });
});

describe('a process', () => {
  it.skipIf(left('limits of processes', whyNoLimits()))('runs out of open files on its way', async () => {
    expect(await playLimit({ limit: 'nofile', value: 22, nth: 0, keys: 'keys' })).toMatchObject(good);
  });

  it('waits for another writer, and loses no event', async () => {
    expect(await playBusy({ nth: 4, heldMs: 400 })).toMatchObject(good);
  });

  it.each([null, 'call.submitted'])('of several that resume at once drives, killed after %s', async (killedAt) => {
    expect(await playRace({ seed: 0, processes: 4, keys: 'look-up', killedAt })).toMatchObject(good);
  });
});

it.each(['keys', 'look-up'] as const)(
  'an account with room for 3.5 clips buys 3, whoever asks: 8 projects in 2 processes (%s)',
  async (keys) => {
    expect(await playCrowd({ projects: 8, processes: 2, keys })).toMatchObject(good);
  },
);
