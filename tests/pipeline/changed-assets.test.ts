import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AssetStore, Digest, Project } from 'vidpipe';
import { ProviderError } from 'vidpipe/provider';
import { AssetNotFoundError } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { memoryAssets } from 'vidpipe/storage-adapters/memory';
import { mockVideoModel } from 'vidpipe/testing';
import { TestWorld, withMembers } from '../support/runs.ts';
import { clip, videoOf } from '../support/world.ts';

let dir: string;
let world: TestWorld;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-changed-'));
  world = new TestWorld();
});
afterEach(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What becomes of the bytes; `null`: they are gone. */
type Change = (bytes: Buffer) => Buffer | null;

/** A store whose bytes can be changed behind its back; `spoil` answers what puts them back. */
interface Spoilable {
  readonly assets: AssetStore;
  readonly spoil: (digest: Digest, change: Change) => () => void;
}

function files(): Spoilable {
  return {
    assets: filesystem(dir),
    spoil: (digest, change) => {
      const path = join(dir, digest.slice(7, 9), digest.slice(9));
      const whole = readFileSync(path);
      const bytes = change(Buffer.from(whole));
      if (bytes === null) rmSync(path);
      else writeFileSync(path, bytes);
      return () => writeFileSync(path, whole);
    },
  };
}

/** A store of somebody else, that does not look at what it gives. */
function careless(): Spoilable {
  const inner = memoryAssets();
  const changed = new Map<Digest, Change>();
  const assets = withMembers(inner, {
    get: async (digest, range) => {
      const stream = (await inner.get(digest, range)) as ReadableStream<Uint8Array<ArrayBuffer>>;
      const bytes = Buffer.from(await new Response(stream).arrayBuffer());
      const given = (changed.get(digest) ?? ((same: Buffer) => same))(bytes);
      if (given === null) throw new AssetNotFoundError({ digest });
      return new Blob([new Uint8Array(given)]).stream();
    },
  });
  const spoil: Spoilable['spoil'] = (digest, change) => {
    changed.set(digest, change);
    return () => changed.delete(digest);
  };
  return { assets, spoil };
}

const CHANGES: readonly [string, string, Change][] = [
  ['with a flipped bit', 'asset-corrupt', (bytes) => (bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7), bytes)],
  ['cut short', 'asset-corrupt', (bytes) => bytes.subarray(0, -1)],
  ['with a byte too many', 'asset-corrupt', (bytes) => Buffer.concat([bytes, Buffer.from(' ')])],
  ['missing', 'asset-not-found', () => null],
];
const STORES = [
  ['in files', files],
  ['in a store that does not look', careless],
] as const;
const cases = STORES.flatMap(([where, make]) =>
  CHANGES.map(([how, code, change]) => ({ where, make, how, code, change })),
);

/** A model of clips that refuses while it is told to, and counts what it was sent. */
function refusing(): {
  readonly video: ReturnType<typeof mockVideoModel>;
  refuses: boolean;
  readonly sent: () => number;
} {
  const inner = videoOf(clip({ clock: world.clock }));
  const video = mockVideoModel({
    start: (request, call) => {
      if (seen.refuses) throw new ProviderError({ kind: 'invalid-request', accepted: 'no', message: 'not today' });
      return inner.start(request, call);
    },
    check: inner.check.bind(inner),
  });
  const sent = (): number => video.calls.filter(({ member }) => member === 'start').length;
  const seen = { video, refuses: true, sent };
  return seen;
}

const digestOf = (project: Project, which: 'start' | 'end' | 'clip'): Digest =>
  project.scenes[0]?.[which]?.digest ?? expect.fail(`there is no ${which}`);
const advice = (digest: Digest): unknown =>
  expect.stringMatching(new RegExp(`${digest}.*[Rr]estore .* then run again`));

describe.each(['start', 'end'] as const)('the %s frame of a clip', (which) => {
  it.each(cases)('$how $where is not sent: $code; put back, the clip is bought', async ({ make, code, change }) => {
    const { assets, spoil } = make();
    const model = refusing();
    const pipeline = world.pipeline({ video: model.video }, { assets });
    const { project } = await world.film(pipeline);
    const digest = digestOf(project, which);
    const restore = spoil(digest, change);
    model.refuses = false;
    const before = model.sent();
    const spoilt = await world.clock.run(pipeline.run(project.id));
    expect(spoilt).toMatchObject({ status: 'failed', error: { code, message: advice(digest) } });
    expect([model.sent(), spoilt.project.money.held]).toEqual([before, 0]);
    restore();
    expect((await world.clock.run(pipeline.run(project.id))).status).toBe('completed');
    expect(model.sent()).toBe(before + 1);
  });
});

describe('a clip of the film', () => {
  it.each(cases)('$how $where is not joined: $code; put back, the film is made and nothing is bought', async (each) => {
    const { assets, spoil } = each.make();
    const model = refusing();
    model.refuses = false;
    const pipeline = world.pipeline({ video: model.video }, { assets });
    const { project } = await world.film(pipeline, 2);
    const digest = digestOf(project, 'clip');
    const restore = spoil(digest, each.change);
    await pipeline.revise(project.id, { settings: { transition: { kind: 'fade', seconds: 0.5 } } });
    const spoilt = await world.clock.run(pipeline.run(project.id));
    expect(spoilt).toMatchObject({ status: 'failed', error: { code: each.code, message: advice(digest) } });
    restore();
    const made = await world.clock.run(pipeline.run(project.id));
    expect([made.status, made.project.money.charged, model.sent()]).toEqual(['completed', project.money.charged, 2]);
  });
});
