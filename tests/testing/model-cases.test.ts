import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { simulated, type SimulatedOptions } from 'vidpipe/providers/simulated';
import { imageModelCases, textModelCases, type VideoSubject, videoModelCases } from 'vidpipe/testing';
import { FarmService } from '../package/consumer-outside/farm-service.ts';
import { renderFarm } from '../package/consumer-outside/render-farm.ts';
import { handClock } from '../providers/clock.ts';
import { fresh } from '../storage-adapters/support.ts';
import { declare } from '../support/conformance.ts';
import { readBills } from '../support/bills.ts';
import { MemoryService } from './memory-service.ts';

/** A simulated model over a service in a folder of its own; every file of the folder counts as a request. */
function simulatedSubject(modelId: string, options: Partial<SimulatedOptions> = {}): VideoSubject {
  const [dir, clock] = [fresh(), handClock()];
  const open = () => simulated({ dir, clock, ...options });
  const files = (): number => {
    try {
      return readdirSync(dir, { recursive: true }).length;
    } catch {
      return 0;
    }
  };
  const [billed, finish] = [() => readBills(dir).length, () => clock.pass(60_000)];
  return { provider: open(), modelId, requests: files, billed, reopen: open, finish };
}

describe('the simulated writer', () => {
  declare(textModelCases({ create: () => simulatedSubject('writer-1') }));
});
describe.each(['still-1', 'still-2'])('the simulated %s', (id) => {
  declare(imageModelCases({ create: () => simulatedSubject(id) }));
});
describe.each(['film-1', 'film-2'])('the simulated %s', (id) => {
  declare(videoModelCases({ create: () => simulatedSubject(id) }));
});
describe('a simulated service without keys and look-up', () => {
  const create = () => simulatedSubject('still-1', { idempotent: false, lookUp: false });
  declare(imageModelCases({ create }, ['idempotent', 'lookUp']));
});

describe('the mocks', () => {
  declare(textModelCases({ create: () => new MemoryService().subject('text') }));
  declare(imageModelCases({ create: () => new MemoryService().subject('image') }));
  declare(videoModelCases({ create: () => new MemoryService().subject('video') }));
});

describe('a provider over HTTP', () => {
  const create = async () => {
    const farm = await new FarmService().listen();
    const open = () => renderFarm({ origin: farm.origin, apiKey: farm.key });
    const [requests, billed, finish] = [() => farm.requests, () => farm.billed, () => farm.finish()];
    return { farm, provider: open(), modelId: 'reel-1', requests, billed, finish, reopen: open };
  };
  declare(videoModelCases({ create, destroy: ({ farm }) => farm.close() }));
});

describe('the cases', () => {
  const create = () => new MemoryService().subject('video');
  it('name what is lacking in those that are skipped', () => {
    const skips = (cases: readonly { readonly skip?: string }[]): string[] =>
      cases.flatMap(({ skip }) => (skip === undefined ? [] : [skip]));
    expect(skips(videoModelCases({ create }))).toEqual([]);
    const all = ['idempotent', 'lookUp', 'billed', 'reopen', 'cancel', 'handle'] as const;
    const counts = all.map((each) => [each, skips(videoModelCases({ create }, [each])).length]);
    expect(Object.fromEntries(counts)).toEqual({
      idempotent: 3,
      lookUp: 2,
      billed: 1,
      reopen: 3,
      cancel: 2,
      handle: 6,
    });
    expect(new Set(skips(videoModelCases({ create }, ['handle'])))).toEqual(new Set(['handle']));
  });
});
