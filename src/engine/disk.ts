import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { WorkFiles } from '../spec/index.ts';

/** The machine's own files. */
export const disk: WorkFiles = {
  makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  list: (folder) => readdir(folder),
  create: async (path) => {
    const file = await open(path, 'wx', 0o600);
    return { write: (chunk) => file.writeFile(chunk), close: () => file.close() };
  },
  read: (path) => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
  remove: (path) => rm(path, { recursive: true, force: true }),
};
