import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkFiles } from 'vidpipe';

/** Real files without waiting: how long a disk takes, and what else happens meanwhile, would be the machine's and not the seed's. */
export const instantFiles: WorkFiles = {
  makeFolder: async (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  list: async (folder) => readdirSync(folder),
  create: async (path) => {
    const file = openSync(path, 'wx', 0o600);
    return { write: async (chunk) => void writeSync(file, chunk), close: async () => closeSync(file) };
  },
  read: (path) =>
    new ReadableStream({
      start: (controller) => {
        controller.enqueue(readFileSync(path));
        controller.close();
      },
    }),
  size: async (folder) => {
    const names = readdirSync(folder);
    return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  },
  free: () => Promise.resolve(null),
  remove: async (path) => rmSync(path, { recursive: true, force: true }),
};
