import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const NOT_WRITABLE: readonly (string | undefined)[] = ['EACCES', 'EPERM', 'EROFS'];

/** Bytes that this user can still write on the disk of `path`, or of the nearest folder above it that is there: none where it may not write; `null` where the system can not say. */
export async function freeBytes(path: string): Promise<number | null> {
  const place = resolve(path);
  try {
    await access(place, constants.W_OK);
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(place) !== place) return freeBytes(dirname(place));
    return NOT_WRITABLE.includes(code) ? 0 : null;
  }
}
