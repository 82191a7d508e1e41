import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

async function sync(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A folder of JSON records by name, each whole or not there. */
export class Records<T> {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes a record, or writes it anew. Durable when it resolves. */
  async write(name: string, record: T): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const temp = join(this.#folder, `.${name}.${randomUUID()}`);
    const file = await open(temp, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(record));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temp, join(this.#folder, `${name}.json`));
    await sync(this.#folder);
  }

  /** All records, in no order. */
  async all(): Promise<T[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const records = names.filter((name) => /^[^.].*\.json$/.test(name));
    return Promise.all(records.map(async (name) => JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as T));
  }
}
