import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { type EventStore, SCHEMA_VERSION } from 'vidpipe/storage';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { batch, fresh, openFiles, readAll, startChild } from './support.ts';

const file = (): string => join(fresh(), 'v.db');

/** A database at rest with a few hundred events of two projects. */
async function filled(path = file()): Promise<string> {
  const store = sqlite(path);
  await store.append(batch('p1', { holds: [{ kind: 'hold', pool: 'pool', callId: 'c', amount: 5 }] }, 200, 300));
  await store.append(batch('p2', {}, 50, 300));
  await store.close?.();
  return path;
}

/** Copies a database at rest and spoils the copy. */
function spoilt(path: string, spoil: (copy: string) => void): string {
  const copy = file();
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(path, copy);
  spoil(copy);
  return copy;
}

function pragma(path: string, name: string): unknown {
  const db = new DatabaseSync(path);
  try {
    return Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0];
  } finally {
    db.close();
  }
}

async function everything(store: EventStore): Promise<unknown> {
  try {
    return [await readAll(store, 'p1'), await readAll(store, 'p2'), await store.pool('pool')];
  } finally {
    await store.close?.();
  }
}

describe('a new file', () => {
  it('is of this schema, written ahead, readable by its user only, in a folder of its user', async () => {
    const path = file();
    const before = process.umask(0);
    try {
      const store = sqlite(path);
      await store.append(batch('p1'));
      const modes = readdirSync(dirname(path)).map((name) => [name, statSync(join(dirname(path), name)).mode & 0o777]);
      expect(modes.map(([name]) => name)).toEqual(expect.arrayContaining(['v.db', 'v.db-shm', 'v.db-wal']));
      expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
      expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
      await store.close?.();
    } finally {
      process.umask(before);
    }
    expect(pragma(path, 'user_version')).toBe(SCHEMA_VERSION);
    expect(pragma(path, 'journal_mode')).toBe('wal');
    expect(pragma(path, 'integrity_check')).toBe('ok');
  });
  it('is not made before the first use', () => {
    const path = file();
    sqlite(path);
    expect(existsSync(dirname(path))).toBe(false);
  });
  it('is one file again after close, and nothing stays open', async () => {
    const before = openFiles();
    const path = await filled();
    expect(readdirSync(dirname(path))).toEqual(['v.db']);
    expect(openFiles()).toBe(before);
  });
  it('stays where it was named when the process changes its folder', async () => {
    const [path, here] = [file(), process.cwd()];
    mkdirSync(dirname(path), { recursive: true });
    process.chdir(dirname(path));
    try {
      const store = sqlite('v.db');
      process.chdir('/');
      await store.append(batch('p1'));
      await store.close?.();
    } finally {
      process.chdir(here);
    }
    expect(existsSync(path)).toBe(true);
  });
});

describe('an open database', () => {
  it('syncs fully and waits for other writers as long as it was told', async () => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
    await sqlite(file()).append(batch('p1'));
    await sqlite(file(), { busyTimeoutMs: 77 }).append(batch('p1'));
    const seen = exec.mock.contexts as DatabaseSync[];
    exec.mockRestore();
    const open = [...new Set(seen)].filter(({ isOpen }) => isOpen);
    const asked = (name: string): unknown[] => open.map((db) => Object.values(db.prepare(name).get() ?? {})[0]);
    expect(asked('pragma synchronous')).toEqual([2, 2]);
    expect(asked('pragma busy_timeout')).toEqual([5000, 77]);
  });
  it('takes a file that other users can read back to its user', async () => {
    const path = await filled();
    chmodSync(path, 0o644);
    const store = sqlite(path);
    await store.append(batch('p1'));
    for (const end of ['', '-wal', '-shm']) expect(statSync(path + end).mode & 0o777).toBe(0o600);
    await store.close?.();
  });
  it('is found through a link to its file', async () => {
    const [path, link] = [await filled(), file()];
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link);
    const store = sqlite(link);
    await store.append(batch('p1'));
    expect(await readAll(store, 'p1')).toHaveLength(201);
    expect(readdirSync(dirname(link))).toEqual(['v.db']);
    await store.close?.();
  });
});

describe('a file that is not one of ours', () => {
  const other = (path: string, sql: string): void => {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
  };
  it.each<[string, string, (path: string) => void]>([
    ['a text', 'foreign-database', (path) => writeFileSync(path, 'not a database, but long enough to look like one')],
    ['an empty file', 'foreign-database', (path) => writeFileSync(path, '')],
    ['another database', 'foreign-database', (path) => other(path, 'create table t (a)')],
    [
      'another database that is written ahead',
      'foreign-database',
      (path) => other(path, 'pragma journal_mode = wal; create table t (a)'),
    ],
    ['a folder', 'foreign-database', (path) => mkdirSync(path)],
    ['a pipe', 'foreign-database', (path) => void execFileSync('mkfifo', [path])],
  ])('refuses %s, names it, and leaves all as it was', async (_, code, plant) => {
    const path = file();
    mkdirSync(dirname(path), { recursive: true });
    plant(path);
    const content = statSync(path).isFile() ? readFileSync(path) : null;
    const before = openFiles();
    for (let round = 0; round < 3; round += 1)
      await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({
        code,
        message: expect.stringContaining(path) as string,
      });
    expect(openFiles()).toBe(before);
    expect(readdirSync(dirname(path))).toEqual(['v.db']);
    if (content !== null) expect(readFileSync(path).equals(content)).toBe(true);
  });
  it('refuses a newer schema and leaves it', async () => {
    const path = await filled();
    const db = new DatabaseSync(path);
    db.exec(`pragma user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    const content = readFileSync(path);
    await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({
      code: 'newer-format',
      message: expect.stringContaining(path) as string,
    });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(['v.db']);
  });
  it('refuses a path below a file', async () => {
    const path = join(await filled(), 'v.db');
    await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({
      code: 'foreign-database',
      message: expect.stringMatching(/not a folder/) as string,
    });
  });
  it.skipIf(process.seteuid === undefined || process.getuid?.() !== 0)(
    'says what to do about a file or a folder that can not be written',
    async () => {
      const [locked, sealed] = [await filled(), await filled()];
      for (let up = dirname(dirname(locked)); up !== '/'; up = dirname(up)) chmodSync(up, 0o755);
      for (const each of [locked, sealed]) {
        chmodSync(dirname(each), each === sealed ? 0o555 : 0o777);
        chmodSync(each, each === locked ? 0o444 : 0o666);
      }
      const absent = join(dirname(sealed), 'other.db');
      process.seteuid?.(65_534);
      try {
        for (const path of [locked, sealed, absent, join(dirname(sealed), 'deeper', 'v.db')])
          await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({
            code: 'event-store',
            message: expect.stringMatching(/permission denied|readonly.*Give this user the right to write/) as string,
            details: { what: path },
          });
      } finally {
        process.seteuid?.(0);
      }
      expect(await readAll(sqlite(locked), 'p1')).toHaveLength(200);
    },
  );
  it('is not taken for one where no more files can be opened, and opens as soon as they can', async () => {
    const path = await filled();
    const limit = spawnSync('prlimit', ['--pid', String(process.pid), '--nofile', '--output', 'SOFT', '--noheadings']);
    const limited = (most: string): unknown =>
      spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${most}:`]).status;
    expect(limited('1024')).toBe(0);
    const open: number[] = [];
    try {
      expect(() => {
        for (;;) open.push(openSync('/dev/null', 'r'));
      }).toThrow('EMFILE');
      for (const free of [0, 1, 2]) {
        if (free > 0) closeSync(open.pop() ?? -1);
        await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({
          code: 'event-store',
          message: expect.stringContaining('too many open files') as string,
        });
      }
    } finally {
      for (const each of open) closeSync(each);
      limited(String(limit.stdout).trim());
    }
    expect(await readAll(sqlite(path), 'p1')).toHaveLength(200);
  });
});

describe('a damaged file', () => {
  it('is refused wherever it was cut', async () => {
    const path = await filled();
    const { size } = statSync(path);
    const refused: [number, string][] = [];
    for (const left of [1, 15, 16, 64, 99, 100, 511, 512, 4095, 4096, size >> 1, size - 4096, size - 1]) {
      const copy = spoilt(path, (name) => truncateSync(name, left));
      const { code } = await everything(sqlite(copy)).then(
        () => ({ code: 'nothing' }),
        (error: { code: string }) => error,
      );
      if (code !== 'corrupt-log' && code !== 'foreign-database') refused.push([left, code]);
      expect(statSync(copy).size).toBe(left);
    }
    expect(refused).toEqual([]);
  });
  it('gives the whole truth or a typed error, whichever page is spoilt', async () => {
    const path = await filled();
    const truth = await everything(sqlite(spoilt(path, () => undefined)));
    const pages = statSync(path).size / 4096;
    const outcomes: Record<string, number> = {};
    for (let page = 0; page < pages; page += 1) {
      const copy = spoilt(path, (name) => {
        const bytes = readFileSync(name);
        bytes.fill(0xa5, page * 4096, (page + 1) * 4096);
        writeFileSync(name, bytes);
      });
      const outcome = await everything(sqlite(copy)).then(
        (read) => (expect(read).toEqual(truth), 'unharmed'),
        (error: { code: string; message: string }) => (expect(error.message).toContain(copy), error.code),
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    expect(Object.keys(outcomes).sort()).toEqual(['corrupt-log', 'foreign-database', 'unharmed']);
    expect(outcomes['corrupt-log']).toBeGreaterThan(pages / 2);
  });
  it.each([
    ['an event is missing', 'delete from events where seq = 7', /event 7/],
    ['a body is not JSON', `update events set body = '{"a' where seq = 7`, /event 7/],
  ])('is refused where %s', async (_, sql, reason) => {
    const path = await filled();
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    await expect(readAll(sqlite(path), 'p1')).rejects.toMatchObject({
      code: 'corrupt-log',
      message: expect.stringMatching(reason) as string,
      details: { what: path },
    });
  });
});

describe('after a crash', () => {
  /** A database whose process was killed: all that it appended is in the files that it left. */
  async function crashed(): Promise<string> {
    const path = file();
    const child = startChild('crash', path, 'p1', '5');
    expect((await child.ended).signal).toBe('SIGKILL');
    return path;
  }
  const without = async (...ends: readonly string[]): Promise<string> => {
    const path = await crashed();
    for (const end of ends) rmSync(path + end);
    return path;
  };

  it('everything that was acknowledged is there', async () => {
    const store = sqlite(await crashed());
    expect(await readAll(store, 'p1')).toHaveLength(10);
    expect((await store.pool('pool')).held).toBe(5);
    await store.close?.();
  });
  it('what a process left that ended while it made the database goes; what another may be making stays', async () => {
    const path = await filled();
    const [old, young, foreign] = [`${randomUUID()}.new`, `${randomUUID()}.new`, 'mine.new'];
    for (const name of [old, `${old}-journal`, young, foreign]) writeFileSync(`${path}.${name}`, 'x');
    for (const name of [old, `${old}-journal`, foreign]) utimesSync(`${path}.${name}`, 0, 0);
    expect(await readAll(sqlite(path), 'p1')).toHaveLength(200);
    const left = readdirSync(dirname(path)).filter((name) => name.includes('.new'));
    expect(left.sort()).toEqual([young, foreign].map((name) => `${basename(path)}.${name}`).sort());
  });
  it('another program may have written the log back', async () => {
    const path = await crashed();
    expect(pragma(path, 'journal_mode')).toBe('wal');
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(await readAll(sqlite(path), 'p1')).toHaveLength(10);
  });
  it.each([
    ['its -wal file', ['-wal']],
    ['its -wal and -shm files', ['-wal', '-shm']],
    ['the database itself', ['']],
  ])('a database is refused again and again without %s', async (_, ends) => {
    const path = await without(...ends);
    for (let round = 0; round < 3; round += 1)
      await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({
        code: 'corrupt-log',
        message: expect.stringMatching(new RegExp(`${basename(path)}.*-wal`)) as string,
        details: { what: path },
      });
  });
  it('a database is refused when its -wal file was cut', async () => {
    const path = await crashed();
    truncateSync(`${path}-wal`, statSync(`${path}-wal`).size - 5000);
    await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({ code: 'corrupt-log' });
  });
  it('an older copy is refused until the user says that it is the one', async () => {
    const path = file();
    mkdirSync(dirname(path), { recursive: true });
    await filled(path);
    const copy = readFileSync(path);
    await startChild('crash', path, 'p1', '1').ended;
    for (const end of ['-wal', '-shm']) rmSync(path + end);
    writeFileSync(path, copy);
    const refused = sqlite(path).append(batch('p1'));
    await expect(refused).rejects.toMatchObject({
      code: 'corrupt-log',
      message: expect.stringContaining(`remove ${path}-last`) as string,
    });
    rmSync(`${path}-last`);
    expect(await readAll(sqlite(path), 'p1')).toHaveLength(200);
  });
});

describe('a -wal file removed from under a running process', () => {
  it('stops its writes, and close saves what was acknowledged', async () => {
    const path = file();
    const store = sqlite(path);
    await store.append(batch('p1', {}, 3));
    rmSync(`${path}-wal`);
    await expect(store.append(batch('p1'))).rejects.toMatchObject({ code: 'corrupt-log', details: { what: path } });
    await expect(sqlite(path).append(batch('p1'))).rejects.toMatchObject({ code: 'corrupt-log' });
    expect(await readAll(store, 'p1')).toHaveLength(3);
    await store.close?.();
    expect(await readAll(sqlite(path), 'p1')).toHaveLength(3);
  });
});
