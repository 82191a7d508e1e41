import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Digest } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { assetStoreCases, eventStoreCases } from 'vidpipe/testing';

const root = mkdtempSync(join(tmpdir(), 'vidpipe-stores-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let serial = 0;
const fresh = (): string => join(root, String((serial += 1)));

describe('memory events', () => {
  for (const { name, run } of eventStoreCases({ create: () => memoryEvents() })) it(`${name}`, run);
});
describe('memory assets', () => {
  for (const { name, run } of assetStoreCases({ create: memoryAssets })) it(`${name}`, run);
});
describe('sqlite', () => {
  const harness = {
    create: () => sqlite(join(fresh(), 'v.db')),
    destroy: (store: { close?(): Promise<void> }) => store.close?.(),
  };
  for (const { name, run } of eventStoreCases(harness)) it(`${name}`, run);

  it('makes files that only the user reads', async () => {
    const file = join(fresh(), 'v.db');
    await sqlite(file).pool('x', 1);
    expect(['', '-wal', '-shm'].map((end) => statSync(file + end).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  });
  it.each([
    ['text', 'not a database, but long enough to be looked at as one', 'foreign-database'],
    ['nothing', '', 'foreign-database'],
  ])('refuses a file with %s and leaves it', async (_, content, code) => {
    const file = fresh();
    writeFileSync(file, content);
    await expect(sqlite(file).pool('x')).rejects.toMatchObject({ code });
    expect(statSync(file).size).toBe(content.length);
  });
  it('refuses another program’s database and a newer one', async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const foreign = fresh();
    new DatabaseSync(foreign).exec('create table t (a)');
    await expect(sqlite(foreign).pool('x')).rejects.toMatchObject({ code: 'foreign-database' });
    const newer = fresh();
    await sqlite(newer).pool('x', 1);
    new DatabaseSync(newer).exec('pragma user_version = 99');
    await expect(sqlite(newer).pool('x')).rejects.toMatchObject({ code: 'newer-format' });
  });
});
describe('filesystem', () => {
  for (const { name, run } of assetStoreCases({ create: () => filesystem(fresh()) })) it(`${name}`, run);

  const digest: Digest = `sha256-${'ab'.repeat(32)}`;
  const place = (dir: string): string => join(dir, 'ab', 'ab'.repeat(31));

  it.each([
    ['a link', (path: string, secret: string) => symlinkSync(secret, path)],
    ['a hard link', (path: string, secret: string) => linkSync(secret, path)],
    ['a pipe', (path: string) => void execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => mkdirSync(path)],
    ['other bytes', (path: string) => writeFileSync(path, 'x')],
  ])('never gives out %s in place of an asset', async (_, plant) => {
    const dir = fresh();
    mkdirSync(join(dir, 'ab'), { recursive: true });
    const secret = join(dir, 'secret');
    writeFileSync(secret, 'secret');
    plant(place(dir), secret);
    const read = async (): Promise<string> =>
      new Response((await filesystem(dir).get(digest)) as ReadableStream<Uint8Array<ArrayBuffer>>).text();
    await expect(read()).rejects.toMatchObject({ code: 'asset-corrupt' });
  });
  it('never follows a linked folder', async () => {
    const [dir, elsewhere] = [fresh(), fresh()];
    mkdirSync(join(elsewhere, 'x'), { recursive: true });
    writeFileSync(join(elsewhere, 'x', 'ab'.repeat(31)), 'secret');
    mkdirSync(dir);
    symlinkSync(join(elsewhere, 'x'), join(dir, 'ab'));
    await expect(filesystem(dir).get(digest)).rejects.toMatchObject({ code: 'asset-corrupt' });
  });
  it('removes what dead processes left half written', async () => {
    const dir = fresh();
    mkdirSync(join(dir, '.tmp'), { recursive: true });
    const left = join(dir, '.tmp', '4194999-left');
    writeFileSync(left, 'x');
    const bytes = new TextEncoder().encode('y');
    const own: Digest = 'sha256-a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa';
    await filesystem(dir).put(own, () => new Blob([bytes]).stream(), { size: 1, mediaType: 'x/y' });
    expect(() => statSync(left)).toThrow(/ENOENT/);
  });
});
