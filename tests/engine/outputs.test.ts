import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MediaError, type MediaTool, type PipelineOptions, type ProjectSettings, type RunResult, usd } from 'vidpipe';
import { defineProvider, type MediaRef, perImage, type Reply } from 'vidpipe/provider';
import { mockImageModel, mockTextModel, mockVideoModel, paper, paperMedia } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, settingsFor, still, worldPipeline } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const picture = paper({ kind: 'image', width: 1280, height: 720 });
const sha256 = createHash('sha256').update(picture).digest('hex');
const LINK = 'https://results.example/picture?signature=secret';

/** A film whose pictures are delivered by link; `answer` serves it. */
async function linked(
  ref: Omit<Extract<MediaRef, { readonly url: string }>, 'url'>,
  answer: (nth: number) => Response,
  more: Partial<ProjectSettings> = {},
): Promise<RunResult> {
  let nth = 0;
  const image = mockImageModel({
    price: perImage(usd('0.02')),
    generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ url: LINK, ...ref }] }),
  });
  const provider = defineProvider({
    id: 'mock',
    downloads: ['results.example'],
    text: { writer: mockTextModel() },
    image: { still: image },
    video: { clip: clip({ clock: world.clock }) },
  });
  const fetching: typeof fetch = () => Promise.resolve(answer((nth += 1)));
  const pipeline = worldPipeline(world.clock, provider, {
    fetch: fetching,
    events: world.events,
    assets: world.assets,
  });
  try {
    return await world.film(pipeline, 1, more);
  } finally {
    await world.clock.run(pipeline.close());
  }
}

const whole = (): Response => new Response(Buffer.from(picture));

describe('a result that is fetched', () => {
  it('is taken when its checksum fits', async () => {
    expect((await linked({ sha256: sha256.toUpperCase() }, whole)).status).toBe('completed');
  });

  it('is fetched again after a fault that passes, and after a checksum that differs', async () => {
    const answers = (nth: number): Response =>
      nth === 1 ? new Response('busy', { status: 503 }) : nth === 2 ? new Response('garbled') : whole();
    expect((await linked({ sha256 }, answers)).status).toBe('completed');
  });

  it('is fetched again where it was cut on its way and nobody has said how long it is; nothing is bought again', async () => {
    const answers = (nth: number): Response => (nth < 3 ? new Response(Buffer.from(picture.subarray(0, 20))) : whole());
    const { status, project } = await linked({}, answers);
    expect([status, project.money.charged]).toEqual(['completed', 2 * 20_000 + 4 * 50_000]);
  });

  it('and is no picture each time ends its call as bad output, which is charged', async () => {
    const fetched: number[] = [];
    const { status, project } = await linked({}, (nth) => (fetched.push(nth), new Response('<html>')));
    expect([status, project.money.charged % 20_000]).toEqual(['failed', 0]);
    expect(fetched.length).toBe((project.money.charged / 20_000) * 3);
  });

  it('of a picture that can not be fetched for minutes leaves its call unknown, and is asked about', async () => {
    const result = await linked({}, () => new Response('busy', { status: 503 }), { onUnknown: { image: 'ask' } });
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'unknown-charge' } });
    expect(result.project.money).toEqual({ charged: 0, held: 0, unknown: 20_000, superseded: 0 });
  });

  it('that never comes fails its step, says why without the signature, and counts as charged', async () => {
    const result = await linked({}, () => new Response('gone', { status: 404 }));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'bad-output' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});

it('a picture that can not be decoded to its end is not taken', async () => {
  const video = clip({ clock: world.clock });
  const verify: MediaTool['verify'] = () => Promise.reject(new Error('it ends too early'));
  const result = await world.film(world.pipeline({ video }, { media: { ...paperMedia(), verify } }));
  expect(result).toMatchObject({ status: 'failed', error: { code: 'bad-output' } });
  expect(video.calls).toEqual([]);
});

it('a result at an inner address is refused where nobody gave a client of his own', async () => {
  const image = mockImageModel({
    price: perImage(usd('0.02')),
    generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ url: 'https://127.0.0.1/meta-data' }] }),
  });
  const provider = defineProvider({
    id: 'mock',
    downloads: ['127.0.0.1'],
    text: { writer: mockTextModel() },
    image: { still: image },
    video: { clip: clip({ clock: world.clock }) },
  });
  const pipeline = worldPipeline(world.clock, provider, { events: world.events, assets: world.assets });
  const result = await world.film(pipeline);
  expect(JSON.stringify(result)).toContain('is not public');
  await world.clock.run(pipeline.close());
});

it('a result at a place that the provider does not name is never fetched', async () => {
  const asked: unknown[] = [];
  const image = mockImageModel({
    price: perImage(usd('0.02')),
    generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ url: LINK }] }),
  });
  const pipeline = world.pipeline(
    { image },
    { fetch: (...asking) => (asked.push(asking), Promise.resolve(new Response(Buffer.from(picture)))) },
  );
  const result = await world.film(pipeline);
  expect(result).toMatchObject({ status: 'failed', error: { code: 'download-refused' } });
  expect(JSON.stringify(result)).not.toContain('secret');
  expect(asked).toEqual([]);
  // The list does not change by itself: nothing is bought again for it.
  expect(image.calls).toHaveLength(1);
});

it('a clip at a place that the provider does not name stays there, and is fetched when it is named', async () => {
  const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });
  const video = mockVideoModel({
    start: () => Promise.resolve({ handle: {} }),
    check: () => Promise.resolve({ state: 'succeeded', outputs: [{ url: LINK }] }),
  });
  const served = { fetch: () => Promise.resolve(new Response(Buffer.from(bytes))) };
  const result = await world.film(world.pipeline({ video }, served));
  expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'storage' } });
  expect(result.status === 'waiting' && result.waiting).toHaveProperty(
    'message',
    expect.stringContaining('results.example'),
  );
  const { id } = result.project;
  expect(await world.clock.run(world.pipeline({ video }, served).collect())).toEqual({ settled: 0, open: 1 });
  const models = { text: { writer: mockTextModel() }, image: { still: still({ clock: world.clock }) } };
  const named = defineProvider({ id: 'mock', downloads: ['results.example'], ...models, video: { clip: video } });
  const later = worldPipeline(world.clock, named, { events: world.events, assets: world.assets, ...served });
  expect((await world.clock.run(later.run(id))).status).toBe('completed');
  expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  await later.close();
});

it('a clip that can not be fetched for minutes is looked at again, and not bought again', async () => {
  const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });
  const video = mockVideoModel({
    start: () => Promise.resolve({ handle: {} }),
    check: () => Promise.resolve({ state: 'succeeded', outputs: [{ url: LINK }] }),
  });
  const provider = defineProvider({
    id: 'mock',
    downloads: ['results.example'],
    text: { writer: mockTextModel() },
    image: { still: still({ clock: world.clock }) },
    video: { clip: video },
  });
  const served = (): Response =>
    world.clock.monotonic() < 600_000 ? new Response('', { status: 503 }) : new Response(Buffer.from(bytes));
  const pipeline = worldPipeline(world.clock, provider, { fetch: () => Promise.resolve(served()) });
  expect((await world.film(pipeline)).status).toBe('completed');
  expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  await world.clock.run(pipeline.close());
});

/** A film whose pictures are what `reply` says. */
async function drawn(reply: Reply, more: Partial<PipelineOptions> = {}): Promise<RunResult> {
  const image = mockImageModel({ generate: () => Promise.resolve(reply) });
  return world.film(world.pipeline({ image }, more), 1, { safety: { remedies: [] } });
}

describe('a result that is none', () => {
  it.each([
    ['no output', { state: 'succeeded', outputs: [] }, 'without an output'],
    ['no bytes', { state: 'succeeded', outputs: [{ bytes: new Uint8Array(0) }] }, 'no bytes'],
    [
      'a clip for a picture',
      { state: 'succeeded', outputs: [{ bytes: paper({ kind: 'video', width: 1, height: 1, seconds: 4 }) }] },
      'image was asked for',
    ],
    ['something else', { state: 'succeeded', outputs: [{ bytes: new TextEncoder().encode('<html>') }] }, 'JSON'],
  ] as const)('%s', async (_, reply, message) => {
    const result = await drawn(reply);
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'bad-output', message: expect.stringContaining(message) as string },
    });
  });

  it('half a picture, whose head is whole', async () => {
    const media = paperMedia({ verify: () => Promise.reject(new MediaError({ action: 'decoding', reason: 'half' })) });
    const result = await drawn({ state: 'succeeded', outputs: [{ bytes: picture }] }, { media });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'bad-output' } });
    expect(result.project.steps.find(({ kind }) => kind === 'keyframe')?.asset).toBeNull();
  });

  it('one good picture among bad ones is enough', async () => {
    const outputs = [{ bytes: new Uint8Array(0) }, { bytes: picture }];
    expect((await drawn({ state: 'succeeded', outputs })).status).toBe('completed');
  });

  it('a picture of another size is fitted to the film, and the original kept', async () => {
    const wide = paper({ kind: 'image', width: 1024, height: 1024 });
    await drawn({ state: 'succeeded', outputs: [{ bytes: wide }] });
    const settled = world.emitted.find(({ type }) => type === 'call.settled');
    expect(settled?.body).toMatchObject({
      made: [{ asset: { width: 1280, height: 720 }, original: { width: 1024, height: 1024 } }],
    });
  });

  it.each([
    [
      'blocked, charged',
      { state: 'blocked', reasons: ['no'], input: 'prompt', charged: 'yes', usage: { microUsd: 5 } },
      { charged: 5, unknown: 0 },
    ],
    [
      'blocked, nobody knows',
      { state: 'blocked', reasons: ['no'], input: 'prompt', charged: 'unknown' },
      { charged: 0, unknown: 0 },
    ],
    [
      'failed, charged',
      { state: 'failed', kind: 'invalid-request', message: 'm', charged: 'yes', usage: { microUsd: 7 } },
      { charged: 7, unknown: 0 },
    ],
    [
      'failed, and no word of a charge',
      { state: 'failed', kind: 'invalid-request', message: 'm' },
      { charged: 0, unknown: 0 },
    ],
  ] as const)('%s', async (_, reply, money) => {
    expect((await drawn(reply)).project.money).toMatchObject(money);
  });
});

describe('references', () => {
  let dir: string;
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-references-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('are stored at creation and go into the requests by name', async () => {
    const path = join(dir, 'ada.png');
    writeFileSync(path, picture);
    const image = mockImageModel({
      generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ bytes: picture }] }),
    });
    const pipeline = world.pipeline({ image });
    const { project } = await world.film(pipeline, 1, {
      references: [
        { name: 'Ada', kind: 'character', image: path, description: 'tall' },
        { name: 'Boat', kind: 'object', image: paper({ kind: 'image', width: 9, height: 9 }) },
      ],
    });
    expect(project.settings.references.map(({ name }) => name)).toEqual(['Ada', 'Boat']);
    const [request] = (image.calls[0]?.args ?? []) as [{ images: { name?: string; role: string }[] }];
    expect(request.images.map(({ name, role }) => `${role} ${name}`)).toEqual(['reference Ada', 'reference Boat']);
  });

  it.each([
    ['a file that is not there', (): string => join(dir, 'none.png')],
    ['a file that is no picture', (): Uint8Array => new TextEncoder().encode('text')],
  ])('%s is refused before anything is made', async (_, image) => {
    const pipeline = world.pipeline();
    const references = [{ name: 'Ada', kind: 'character' as const, image: image() }];
    await expect(world.clock.run(pipeline.create(settingsFor(1, { references })))).rejects.toThrow(
      'Ada can not be read',
    );
    expect((await pipeline.list()).items).toEqual([]);
  });
});

describe('the film', () => {
  it('is written whole to a path, streamed, and pictured', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vidpipe-film-'));
    try {
      const result = await world.film(world.pipeline(), 2);
      if (result.status !== 'completed') throw new Error(result.status);
      const { film } = result;
      expect(film.seconds).toBe(8);
      await film.saveTo(join(dir, 'deep', 'film.mp4'));
      const saved = readFileSync(join(dir, 'deep', 'film.mp4'));
      expect(Buffer.from(await new Response(await film.stream()).arrayBuffer())).toEqual(saved);
      await film.savePoster(join(dir, 'poster.jpg'));
      await film.saveContactSheet(join(dir, 'sheet.jpg'));
      expect(readFileSync(join(dir, 'poster.jpg'), 'utf8')).toBe('poster');
      expect(readFileSync(join(dir, 'sheet.jpg'), 'utf8')).toBe('sheet');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
