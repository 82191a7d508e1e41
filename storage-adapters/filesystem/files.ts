import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AssetCorruptError, AssetNotFoundError, assertDigest, type Digest } from 'vidpipe/storage';

/** Where an asset lies: a folder by the first two digits, the rest as the name. */
export function placeOf(root: string, digest: Digest): { readonly folder: string; readonly path: string } {
  assertDigest(digest);
  const hex = digest.slice('sha256-'.length);
  const folder = join(root, hex.slice(0, 2));
  return { folder, path: join(folder, hex.slice(2)) };
}

/** Makes the folders durable: a rename counts only once its directory is synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function reasonAgainst(stat: { isFile(): boolean; nlink: number }): string | null {
  if (!stat.isFile()) return 'it is not a regular file';
  return stat.nlink === 1 ? null : 'other names link to it';
}

/** `null`: nothing is there. Throws `AssetCorruptError` for a link or a file in its place, which would lead out of the root. */
export async function folderAt(folder: string, digest: Digest): Promise<string | null> {
  const found = await lstat(folder).catch(() => null);
  if (found?.isDirectory() === false) throw new AssetCorruptError({ digest, reason: 'its folder is not a folder' });
  return found === null ? null : folder;
}

/** Opens an asset without following links. What is checked is the open file itself, so a swap can not slip in. */
export async function openAsset(root: string, digest: Digest): Promise<FileHandle> {
  const { folder, path } = placeOf(root, digest);
  if ((await folderAt(folder, digest)) === null) throw new AssetNotFoundError({ digest });
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new AssetNotFoundError({ digest }, { cause: error });
      if (code === 'ELOOP') throw new AssetCorruptError({ digest, reason: 'it is a link' }, { cause: error });
      throw error;
    },
  );
  const reason = reasonAgainst(await handle.stat());
  if (reason === null) return handle;
  await handle.close();
  throw new AssetCorruptError({ digest, reason });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes the root and removes what processes that are gone have left half written. */
export async function prepareRoot(root: string): Promise<string> {
  const temp = join(root, '.tmp');
  await mkdir(temp, { recursive: true, mode: 0o700 });
  for (const name of await readdir(temp)) {
    const pid = Number(name.split('-')[0]);
    if (!Number.isInteger(pid) || !isAlive(pid)) await rm(join(temp, name), { force: true });
  }
  return temp;
}
