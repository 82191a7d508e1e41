import type { Keys } from '../soak/world.ts';
import { mountDisk, remountDisk, unmountDisk } from './mounts.ts';
import { BILLS, OsWorld } from './os-world.ts';
import { endOf, Impatient, type Outcome, wrongEnd } from './outcome.ts';

/** What lies on a disk of its own. */
export type Part = 'database' | 'assets' | 'work';

/** A disk that is too small, or is read only. */
export interface DiskCase {
  readonly part: Part;
  readonly size: string;
  readonly readOnly: boolean;
  /** Room is looked at before anything is bought: nothing may be. */
  readonly looks: boolean;
  readonly keys: Keys;
}

/** What a whole film needs is a little more than the last of each; its bytes under way fit in the smallest disk. */
const SIZES: Readonly<Record<Part, readonly string[]>> = {
  database: ['16k', '64k', '96k', '128k', '160k', '192k', '256k', '320k'],
  assets: ['4k', '8k', '12k', '16k', '20k'],
  work: [],
};

/** Sizes without a look at the room before, one size with it, and disks that are read only. */
export function diskCases(): readonly DiskCase[] {
  const parts = Object.keys(SIZES) as Part[];
  const of = (part: Part, size: string, more: Partial<DiskCase>): DiskCase => ({
    part,
    size,
    readOnly: false,
    looks: false,
    keys: 'keys',
    ...more,
  });
  return parts.flatMap((part) => [
    ...(['keys', 'look-up', 'neither'] as const).flatMap((keys) => SIZES[part].map((size) => of(part, size, { keys }))),
    of(part, '512k', { looks: true }),
    of(part, '8m', { readOnly: true, looks: true }),
  ]);
}

/** More than the disk has. */
const MUCH = 1024 ** 2;

/** Makes a film with one part on such a disk, gives it room, resumes it, and checks all. */
export async function playDisk({ part, size, readOnly, looks, keys }: DiskCase): Promise<Outcome> {
  const disk = mountDisk(size);
  const world = await new OsWorld(keys, { [part]: disk, minFreeBytes: looks ? MUCH : 0 }).open();
  try {
    if (readOnly) remountDisk(disk, 'ro');
    const impatient = new Impatient();
    const ended = await world.run({ onLine: impatient.onLine });
    const early = looks && world.service.bills.length > 0 ? ['it bought before it had looked'] : [];
    const happened = ended.last !== 'rest completed';
    remountDisk(disk, readOnly ? 'rw' : 'size=64m');
    const what = readOnly ? 'read only' : looks ? 'too small from the first' : `of ${size}`;
    const row = `${part} ${what}: ${endOf(ended, impatient.hasKilled)} after ${world.service.bills.length} of ${BILLS}`;
    return {
      row,
      happened,
      violations: [...wrongEnd(ended, impatient.hasKilled), ...early, ...(await world.finish())],
    };
  } finally {
    await world.close();
    unmountDisk(disk);
  }
}
