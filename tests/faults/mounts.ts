import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a disk in memory of a size, as `mount` takes it. */
export function mountDisk(size: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', dir], { stdio: 'pipe' });
  return dir;
}

/** Changes such a disk: `size=64m`, `ro`, `rw`. */
export function remountDisk(dir: string, options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, dir], { stdio: 'pipe' });
}

/** Takes such a disk away. */
export function unmountDisk(dir: string): void {
  execFileSync('umount', ['-l', dir]);
  rmSync(dir, { recursive: true });
}

/** `null` where this user can mount, else why not. */
export function whyNoMounts(): string | null {
  try {
    unmountDisk(mountDisk('64k'));
    return null;
  } catch (error) {
    return `a tmpfs can not be mounted (${String(error).split('\n')[0]})`;
  }
}
