import type * as Files from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isProvenDead, thisOwner } from '../../src/engine/owner.ts';
import { TestWorld } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

const files = vi.hoisted(() => ({ readable: true }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Files>();
  return {
    ...fs,
    readFileSync: (...args: Parameters<typeof fs.readFileSync>) => {
      if (!files.readable && String(args[0]).startsWith('/proc/')) throw new Error('there is no /proc');
      return fs.readFileSync(...args);
    },
  };
});

afterEach(() => void (files.readable = true));

describe('an owner on a machine that tells nothing of its processes', () => {
  it('has a name of its own, and is never proven dead', () => {
    files.readable = false;
    const owner = thisOwner();
    expect(owner).toMatch(new RegExp(`^unknown/${process.pid}/unknown/[0-9a-f]{8}$`));
    expect(thisOwner()).not.toBe(owner);
    expect(isProvenDead(owner)).toBe(false);
  });
});

describe('a lease of another owner', () => {
  let world: TestWorld;
  beforeEach(() => void (world = new TestWorld()));
  afterEach(() => world.close());
  const ownerWith = (pid: number): string => thisOwner().replace(`/${process.pid}/`, `/${pid}/`);

  it('who is proven dead is taken at once', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    await world.events.lease(id, ownerWith(2 ** 22 + 1), 600_000);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(world.clock.monotonic()).toBeLessThan(600_000);
  });

  it('who may live is respected, and named', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const owner = `another-boot/1/1/abcdef01`;
    await world.events.lease(id, owner, 600_000);
    await expect(pipeline.run(id)).rejects.toThrow(owner);
  });
});
