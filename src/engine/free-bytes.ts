import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Bytes that this user can still write on the disk of `path`, or of the nearest folder above it that is there; `null` where the system can not say. */
export async function freeBytes(path: string): Promise<number | null> {
  const place = resolve(path);
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' && dirname(place) !== place ? freeBytes(dirname(place)) : null;
  }
}
