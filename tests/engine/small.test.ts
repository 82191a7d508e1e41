import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { isProvenDead, thisOwner } from '../../src/engine/owner.ts';
import { itemAt } from '../../src/project/item-at.ts';
import { Spool } from '../../src/engine/spool.ts';

describe('the clock', () => {
  it('does not begin to sleep when it is over already', async () => {
    await expect(systemClock.sleep(1e9, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  });
});

describe('an owner', () => {
  const [boot = '', pid = '', started = '', name = ''] = thisOwner().split('/');

  it.each([
    ['this process', [boot, pid, started, name], false],
    ['a process that is gone', [boot, '999999999', '1', 'x'], true],
    ['another process under the same number', [boot, pid, '1', 'x'], true],
    ['a process of another container', [boot.replace(/[0-9]+$/, '1'), '999999999', '1', 'x'], false],
    ['a process of another boot', ['elsewhere', '999999999', '1', 'x'], false],
    ['a machine that can not tell', ['unknown', '999999999', '1', 'x'], false],
    ['a start that nobody knows', [boot, '999999999', 'unknown', 'x'], false],
    ['a name of another kind', ['worker-7'], false],
  ])('%s', (_, parts, dead) => {
    expect(isProvenDead(parts.join('/'))).toBe(dead);
  });
});

describe('a list', () => {
  it('gives what is there, from both ends, and is a defect where it is not', () => {
    expect([itemAt(['a', 'b'], 0), itemAt(['a', 'b'], -1)]).toEqual(['a', 'b']);
    expect(() => itemAt([], 0)).toThrow(RangeError);
  });
});

describe('the spool', () => {
  it('ends a body without end', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vidpipe-spool-'));
    const spool = new Spool(root, undefined, 5);
    const endless = new ReadableStream<Uint8Array>({ pull: (body) => body.enqueue(Buffer.from('abc')) });
    await expect(spool.write(endless)).rejects.toThrow('more than 5 bytes');
    await spool.close();
    expect(readdirSync(root)).toEqual([]);
    rmSync(root, { recursive: true });
  });

  it('refuses nothing at all, hashes the rest, and is gone when it is closed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vidpipe-spool-'));
    try {
      const spool = new Spool(root);
      await expect(spool.write(new Blob([]).stream())).rejects.toMatchObject({ code: 'bad-output' });
      await expect(spool.writeBytes(new Uint8Array(0))).rejects.toMatchObject({ code: 'bad-output' });
      const [streamed, given] = [
        await spool.write(new Blob(['abc']).stream()),
        await spool.writeBytes(Buffer.from('abc')),
      ];
      expect(streamed.digest).toBe(given.digest);
      expect((await spool.adopt(streamed.path)).digest).toBe(given.digest);
      await spool.close();
      expect(readdirSync(root)).toEqual([]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
