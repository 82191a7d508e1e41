import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const mounted: string[] = [];
afterAll(() => {
  for (const dir of mounted) {
    execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  }
});

function mount(dir: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', dir], { stdio: 'pipe' });
  mounted.push(dir);
}

function small(size = '1m'): string {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-full-'));
  mount(dir, size);
  return dir;
}

function mountable(): boolean {
  try {
    small();
    return true;
  } catch (error) {
    console.log(`tests of a full disk are skipped: a tmpfs can not be mounted (${String(error).split('\n')[0]})`);
    return false;
  }
}

/** Mounts a disk of 1 MB, or of another size, that goes with the test file; `null` where this user can not mount one, with the reason printed. */
export const tiny = mountable() ? small : null;

/** Gives such a disk another size. */
export function remount(dir: string, size: string): void {
  execFileSync('mount', ['-o', `remount,size=${size}`, dir]);
}
