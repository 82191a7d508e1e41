import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AppendBatch, EventStore, ProjectSummary } from 'vidpipe/storage';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { batch, fresh, readAll, startChild } from './support.ts';

const file = (): string => join(fresh(), 'v.db');
afterEach(() => vi.restoreAllMocks());

const summary: ProjectSummary = {
  projectId: 'p1',
  seq: 3,
  status: 'running',
  prompt: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  scenes: 0,
  charged: 0 as never,
  account: null,
  labels: {},
};

/** A batch that touches every table. */
function rich(): AppendBatch {
  return batch(
    'p1',
    {
      summary,
      holds: [
        { kind: 'cap', pool: 'money', amount: 100 },
        { kind: 'hold', pool: 'money', callId: 'a', amount: 5 },
        { kind: 'charge', pool: 'money', callId: 'a', amount: 4 },
        { kind: 'hold', pool: 'slots', callId: 'a', amount: 1 },
        { kind: 'release', pool: 'slots', callId: 'a' },
      ],
    },
    3,
  );
}

async function everything(store: EventStore): Promise<unknown> {
  const logs = await Promise.all([readAll(store, 'p1'), readAll(store, 'p2')]);
  return [logs, await store.list({}), await store.pool('money'), await store.pool('slots')];
}

/** Statements executed by `work`. */
async function counted(work: () => Promise<unknown>): Promise<number> {
  const spies = (['all', 'get', 'run', 'iterate'] as const).map((name) => vi.spyOn(StatementSync.prototype, name));
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
  await work();
  const calls = [...spies, exec].reduce((sum, { mock }) => sum + mock.calls.length, 0);
  vi.restoreAllMocks();
  return calls;
}

describe('one append', () => {
  it('is one transaction that takes the write lock at once', async () => {
    const store = sqlite(file());
    await store.pool('x');
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
    await store.append(rich());
    expect(exec.mock.calls.map(([sql]) => sql)).toEqual(['begin immediate', 'commit']);
    await store.close?.();
  });
  it('leaves the host a turn before the next, however many are waiting', async () => {
    const store = sqlite(file());
    const marks: string[] = [];
    setImmediate(() => marks.push('turn'));
    for (let round = 0; round < 3; round += 1) {
      marks.push('append');
      await store.append(batch('p1'));
      setImmediate(() => marks.push('turn'));
    }
    expect(marks).toEqual(['append', 'turn', 'append', 'turn', 'append', 'turn']);
    await store.close?.();
  });
  it('leaves nothing when any of its statements fails, and can be repeated', async () => {
    const store = sqlite(file());
    await store.append(batch('p2'));
    const before = await everything(store);
    const given = rich();
    const original = Object.getOwnPropertyDescriptor(StatementSync.prototype, 'run')
      ?.value as typeof Function.prototype;
    let failing = 1;
    for (; ; failing += 1) {
      let left = failing;
      vi.spyOn(StatementSync.prototype, 'run').mockImplementation(function (this: StatementSync, ...args) {
        left -= 1;
        if (left === 0) throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 });
        return original.apply(this, args) as ReturnType<StatementSync['run']>;
      });
      const outcome = await store.append(given).then(
        () => 'appended',
        (error: { code: string }) => error.code,
      );
      vi.restoreAllMocks();
      if (outcome === 'appended') break;
      expect(outcome).toBe('event-store');
      expect(await everything(store)).toEqual(before);
    }
    expect(failing).toBeGreaterThan(10);
    expect(await readAll(store, 'p1')).toHaveLength(3);
    expect(await store.pool('money')).toMatchObject({ held: 0, charged: 4 });
    const after = await everything(store);
    await store.append(given);
    expect(await everything(store)).toEqual(after);
    await store.close?.();
  });
  it('leaves nothing on a full disk, says what to do, and goes through once there is room', async () => {
    const path = file();
    const store = sqlite(path);
    await store.append(batch('p1', {}, 20, 500));
    const before = await everything(store);
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
    await store.append(batch('p2'));
    const db = exec.mock.contexts[0] as DatabaseSync;
    vi.restoreAllMocks();
    const pages = Number(Object.values(db.prepare('pragma page_count').get() ?? {})[0]);
    const given = batch('p1', { holds: [{ kind: 'hold', pool: 'money', callId: 'c', amount: 1 }] }, 100, 1000);
    db.exec(`pragma max_page_count = ${pages + 3}`);
    await expect(store.append(given)).rejects.toMatchObject({
      code: 'event-store',
      message: expect.stringMatching(new RegExp(`${path}.*[Ff]ree`)) as string,
    });
    expect(await readAll(store, 'p1')).toEqual((before as [[unknown]])[0][0]);
    expect(await store.pool('money')).toMatchObject({ held: 0 });
    db.exec('pragma max_page_count = 100000');
    await store.append(given);
    await store.append(given);
    expect(await readAll(store, 'p1')).toHaveLength(120);
    expect(await store.pool('money')).toMatchObject({ held: 1 });
    await store.close?.();
  });
  it('waits for another writer, then says who to look for', async () => {
    const path = file();
    const store = sqlite(path, { busyTimeoutMs: 30 });
    await store.append(batch('p1'));
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    await expect(store.append(batch('p1'))).rejects.toMatchObject({
      code: 'event-store',
      message: expect.stringMatching(new RegExp(`${path}.*Another process`)) as string,
    });
    other.exec('rollback');
    expect((await store.append(batch('p1'))).seq).toBe(2);
    other.close();
    await store.close?.();
  });
});

describe('reading', () => {
  it('takes the same number of statements for 10, 100 and 1,000 scenes of 15 events', async () => {
    const store = sqlite(file());
    const counts: number[] = [];
    for (const scenes of [10, 100, 1000]) {
      await store.append(batch(`film-${scenes}`, {}, scenes * 15));
      counts.push(await counted(async () => expect(await readAll(store, `film-${scenes}`)).toHaveLength(scenes * 15)));
    }
    expect(counts).toEqual([1, 1, 1]);
    await store.close?.();
  });
  it('holds up nobody while its events are looked at one by one', async () => {
    const path = file();
    const store = sqlite(path);
    await store.append(batch('p1', {}, 1000));
    const reading = store.read('p1')[Symbol.asyncIterator]();
    await reading.next();
    await store.append(batch('p1'));
    const other = new DatabaseSync(path);
    expect(other.prepare('pragma wal_checkpoint(truncate)').get()).toMatchObject({ busy: 0 });
    other.close();
    let left = 0;
    while ((await reading.next()).done !== true) left += 1;
    expect(left).toBe(999);
    await store.close?.();
  });
});

describe('many processes', () => {
  it('append to one new file at once: all succeed, densely', async () => {
    const path = file();
    const children = Array.from({ length: 4 }, () => startChild('append', path, 'p1', '40'));
    const ends = await Promise.all(children.map(({ ended }) => ended));
    expect(ends.map(({ lines }) => lines.at(-1))).toEqual(Array(4).fill('closed'));
    const store = sqlite(path);
    expect((await readAll(store, 'p1')).map(({ seq }) => seq)).toEqual(Array.from({ length: 320 }, (_, at) => at + 1));
    expect(await store.pool('pool')).toMatchObject({ held: 160 });
    await store.close?.();
  });
  it('open and close the same file over and over without being in each other’s way', async () => {
    const path = file();
    const children = Array.from({ length: 4 }, (_, index) => startChild('reopen', path, `p${index}`, '40'));
    const ends = await Promise.all(children.map(({ ended }) => ended));
    expect(ends.map(({ lines }) => lines.at(-1))).toEqual(Array(4).fill('closed'));
    const store = sqlite(path);
    for (let index = 0; index < 4; index += 1) expect(await readAll(store, `p${index}`)).toHaveLength(40);
    await store.close?.();
  });
  it('may be killed at any time: what was acknowledged is there', async () => {
    const path = file();
    let acknowledged = 0;
    for (const count of [1, 7, 23]) {
      const child = startChild('append', path, 'p1', '100000');
      await child.line(`appended ${acknowledged + count * 2}`);
      child.process.kill('SIGKILL');
      const { lines } = await child.ended;
      acknowledged = Math.max(...lines.map((line) => Number(line.split(' ')[1])));
      const store = sqlite(path);
      const log = await readAll(store, 'p1');
      expect(log.length).toBeGreaterThanOrEqual(acknowledged);
      expect(log.length % 2).toBe(0);
      expect((await store.pool('pool')).held).toBe(log.length / 2);
      acknowledged = log.length;
      await store.close?.();
    }
  });
});
