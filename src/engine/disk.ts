import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { WorkFiles } from '../spec/index.ts';
import { freeBytes } from './free-bytes.ts';

/** The machine's own files. */
export const disk: WorkFiles = {
  makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  list: (folder) => readdir(folder),
  create: async (path) => {
    const file = await open(path, 'wx', 0o600);
    return { write: (chunk) => file.writeFile(chunk), close: () => file.close() };
  },
  read: (path) => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
  size: async (folder) => {
    const names = await readdir(folder).catch(() => []);
    const files = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => ({ size: 0 }))));
    return files.reduce((sum, { size }) => sum + size, 0);
  },
  free: freeBytes,
  remove: (path) => rm(path, { recursive: true, force: true }),
};
