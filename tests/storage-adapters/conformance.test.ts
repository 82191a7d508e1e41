import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { assetStoreCases, eventStoreCases } from 'vidpipe/testing';
import { declare } from '../support/conformance.ts';
import { fresh } from './support.ts';

const destroy = (store: { close?(): Promise<void> }): Promise<void> | void => store.close?.();

describe('memory events', () => {
  declare(eventStoreCases({ create: () => memoryEvents(), destroy }));
});
describe('memory assets', () => {
  declare(assetStoreCases({ create: memoryAssets }, ['path', 'url', 'free']));
});
describe('sqlite', () => {
  declare(eventStoreCases({ create: () => sqlite(join(fresh(), 'v.db')), destroy }));
});
describe('filesystem', () => {
  declare(assetStoreCases({ create: () => filesystem(fresh()) }, ['url']));
});

describe('the cases themselves', () => {
  it('name the missing capability of those that are skipped', () => {
    const skips = (cases: readonly { readonly skip?: string }[]): unknown[] =>
      cases.flatMap(({ skip }) => (skip === undefined ? [] : [skip]));
    expect(skips(eventStoreCases({ create: () => memoryEvents() }))).toEqual([]);
    expect(skips(eventStoreCases({ create: () => memoryEvents() }, ['follow']))).toEqual(Array(7).fill('follow'));
    const lacks = ['path', 'url', 'free'] as const;
    expect(skips(assetStoreCases({ create: memoryAssets }, lacks))).toEqual(lacks);
  });
  it('fail where a store is not what it is said to be', async () => {
    const failing = async (cases: ReturnType<typeof eventStoreCases>): Promise<string[]> => {
      const outcomes = await Promise.allSettled(cases.map(({ run }) => run()));
      return cases.filter((_, index) => outcomes[index]?.status === 'rejected').map(({ name }) => name);
    };
    const named = 'has the optional methods it is said to have';
    expect(await failing(eventStoreCases({ create: () => memoryEvents() }, ['follow']))).toEqual([named]);
    expect(await failing(assetStoreCases({ create: memoryAssets }, ['url']))).toContain(named);
  });
});
