import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StatementSync } from 'node:sqlite';
import { afterEach, expect, it, vi } from 'vitest';
import { memoryEvents } from 'vidpipe/storage-adapters/memory';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { batch, fresh, startChild } from './support.ts';

const file = (): string => join(fresh(), 'v.db');
const never = (): AbortSignal => new AbortController().signal;
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('sees what another process appends', async () => {
  const path = file();
  const store = sqlite(path);
  for (const seq of [0, 2, 4]) {
    const following = store.follow?.('p1', seq, never());
    await startChild('append', path, 'p1', '1').ended;
    await following;
  }
  await store.close?.();
});
it('sees what another connection appends at the next look, within a tenth of a second', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const path = file();
  const [store, other] = [sqlite(path), sqlite(path)];
  await other.append(batch('p1'));
  const following = store.follow?.('p1', 1, never());
  const elsewhere = new AbortController();
  const waiting = store.follow?.('p2', 0, elsewhere.signal);
  await other.append(batch('p1'));
  vi.advanceTimersByTime(100);
  await following;
  expect(vi.getTimerCount()).toBe(1);
  elsewhere.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
  await Promise.all([store.close?.(), other.close?.()]);
});
it('sees an append between the last look and the call', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const path = file();
  const [store, other] = [sqlite(path), sqlite(path)];
  const early = store.follow?.('p1', 0, never());
  await other.append(batch('p1'));
  await store.follow?.('p1', 0, never());
  vi.advanceTimersByTime(100);
  await early;
  await Promise.all([store.close?.(), other.close?.()]);
});
it('looks once for all followers, and at no project while nothing was written', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const path = file();
  const [store, other] = [sqlite(path), sqlite(path)];
  await other.append(batch('p1'));
  const following = Array.from({ length: 500 }, () => store.follow?.('p1', 1, never()));
  expect(vi.getTimerCount()).toBe(1);
  const get = vi.spyOn(StatementSync.prototype, 'get');
  vi.advanceTimersByTime(1000);
  expect(get).toHaveBeenCalledTimes(10);
  get.mockClear();
  await other.append(batch('p2'));
  get.mockClear();
  vi.advanceTimersByTime(100);
  expect(get).toHaveBeenCalledTimes(2);
  await other.append(batch('p1'));
  vi.advanceTimersByTime(100);
  for (const each of following) await each;
  expect(vi.getTimerCount()).toBe(0);
  await Promise.all([store.close?.(), other.close?.()]);
});
it('wakes for own appends without a look, and needs no timer in memory', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  for (const store of [sqlite(file()), memoryEvents()]) {
    const following = store.follow?.('p1', 0, never());
    await store.append(batch('p1'));
    await following;
    await store.close?.();
  }
  const memory = memoryEvents();
  const following = memory.follow?.('p1', 0, never());
  expect(vi.getTimerCount()).toBe(0);
  await memory.close?.();
  await expect(following).rejects.toThrow('closed');
});
it('holds no listener on a signal once it is over', async () => {
  const store = memoryEvents();
  const { signal } = new AbortController();
  const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
  for (let seq = 0; seq < 20; seq += 1) {
    const following = store.follow?.('p1', seq, signal);
    await store.append(batch('p1'));
    await following;
  }
  expect(added).toHaveBeenCalledTimes(20);
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));
  await store.close?.();
});
it('does not keep its process alive', async () => {
  const child = startChild('follow', file());
  await child.line('following');
  expect(await child.ended).toMatchObject({ code: 0, signal: null });
});
it('rejects when the store is closed, naming it', async () => {
  const path = file();
  const store = sqlite(path);
  const following = store.follow?.('p1', 0, never());
  await store.close?.();
  await expect(following).rejects.toThrow(path);
});
it('rejects where the log can not be looked at any more', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const path = file();
  const store = sqlite(path);
  const following = store.follow?.('p1', 0, never());
  vi.spyOn(StatementSync.prototype, 'get').mockImplementation(() => {
    throw Object.assign(new Error('database disk image is malformed'), { errcode: 11 });
  });
  vi.advanceTimersByTime(100);
  await expect(following).rejects.toMatchObject({ code: 'corrupt-log', details: { what: path } });
  expect(vi.getTimerCount()).toBe(0);
  vi.restoreAllMocks();
  await store.close?.();
});
it('rejects for a database that can not be opened', async () => {
  const path = file();
  mkdirSync(path, { recursive: true });
  await expect(sqlite(path).follow?.('p1', 0, never())).rejects.toMatchObject({ code: 'foreign-database' });
  rmSync(dirname(path), { recursive: true });
});
