import { afterAll } from 'vitest';
import { mountDisk, remountDisk, unmountDisk, whyNoMounts } from '../faults/mounts.ts';

const mounted: string[] = [];
afterAll(() => mounted.forEach(unmountDisk));

function small(size = '1m'): string {
  const dir = mountDisk(size);
  mounted.push(dir);
  return dir;
}

const why = whyNoMounts();
if (why !== null) console.log(`tests of a full disk are skipped: ${why}`);

/** Mounts a disk of 1 MB, or of another size, that goes with the test file; `null` where this user can not mount one, with the reason printed. */
export const tiny = why === null ? small : null;

/** Gives such a disk another size. */
export function remount(dir: string, size: string): void {
  remountDisk(dir, `size=${size}`);
}
