import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, ProjectSettings, RunResult } from 'vidpipe';
import type { Fault, SimulatedOptions } from 'vidpipe/providers/simulated';
import { billed, billedTotal, makePipeline } from '../pipeline/make.ts';

let dir: string;
let pipeline: Pipeline;
const settings: ProjectSettings = {
  prompt: 'A lighthouse keeper finds a bottle',
  duration: 4,
  clipDuration: 4,
  seed: 7,
};

beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-faults-'))));
afterEach(async () => {
  await pipeline.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The fault at the first submission of a model, and nothing after. */
function once(model: string, fault: Fault): NonNullable<SimulatedOptions['faults']> {
  let done = false;
  return (at) => {
    if (done || !at.model.startsWith(model)) return undefined;
    done = true;
    return fault;
  };
}

async function run(options: Partial<SimulatedOptions>, more: Partial<ProjectSettings> = {}): Promise<RunResult> {
  pipeline = makePipeline(dir, options);
  const { id } = await pipeline.create({ ...settings, ...more });
  return pipeline.run(id);
}

describe('a fault that passes', () => {
  it.each([
    ['writer', 'reject', 4],
    ['still', 'reject', 4],
    ['film', 'reject', 4],
    ['film', 'empty', 5],
    ['film', 'fail', 5],
    ['still', 'fail', 5],
  ] as const)('%s: %s', async (model, fault, requests) => {
    const result = await run({ faults: once(model, fault) });
    expect(result.status).toBe('completed');
    expect(billed(dir)).toHaveLength(requests);
    expect(result.project.money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
  });

  it.each([[{ idempotent: true, lookUp: false }], [{ idempotent: false, lookUp: true }]])(
    'an answer that is lost after acceptance is found again: %o',
    async (keys) => {
      const result = await run({ ...keys, faults: once('film', 'accept-then-503') });
      expect(result.status).toBe('completed');
      expect(billed(dir)).toHaveLength(4);
      expect(result.project.money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
    },
  );
});

describe('an outcome that nobody can tell', () => {
  const blind = { idempotent: false, lookUp: false };

  it('asks about a clip, and keeps its money apart', async () => {
    const result = await run({ ...blind, faults: once('film', 'accept-then-503') });
    expect(result).toMatchObject({
      status: 'waiting',
      waiting: { reason: 'unknown-charge', calls: [expect.any(String)] },
    });
    const { charged, unknown } = result.project.money;
    expect(charged).toBeLessThan(billedTotal(dir));
    expect(charged + unknown).toBeGreaterThanOrEqual(billedTotal(dir));
    expect((await pipeline.resume(result.project.id)).status).toBe('waiting');
    expect(billed(dir)).toHaveLength(4);
  });

  it('buys a picture again, and says what the first one may have cost', async () => {
    const result = await run({ ...blind, faults: once('still', 'accept-then-503') });
    expect(result.status).toBe('completed');
    const { charged, unknown } = result.project.money;
    expect(charged + unknown).toBe(billedTotal(dir));
    expect(unknown).toBe(20_000);
  });
});

describe('a refusal by a filter', () => {
  it('is answered by a remedy, and costs nothing', async () => {
    const result = await run({ faults: once('still', 'blocked') });
    expect(result.status).toBe('completed');
    expect(result.project.money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
  });

  it('without remedies ends the step with its codes and costs nothing; a run with retry takes it up', async () => {
    const result = await run({ faults: once('still', 'blocked') }, { safety: { remedies: [] } });
    expect(result).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('simulated filter') as string },
    });
    expect(result.project.steps.map(({ status }) => status)).toContain('refused');
    expect(result.project.money.charged).toBe(billedTotal(dir));
    expect((await pipeline.run(result.project.id)).status).toBe('failed');
    expect((await pipeline.run(result.project.id, { retry: 'refused' })).status).toBe('completed');
  });
});
