import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GenerateVideosOperation,
  GenerateVideosOperation as Operation,
  type GenerateVideosParameters,
  VideoGenerationReferenceType,
} from '@google/genai';
import { describe, expect, it } from 'vitest';
import type { LoopbackGoogle, ScriptedFault } from 'vidpipe/testing';
import { handClock } from '../../providers/clock.ts';
import { decode } from '../../providers/pixels.ts';
import { billed, CLIP_MS, fake, picture, refusal, temporary, vertexAt } from './support.ts';

const root = temporary();

const MODEL = 'veo-3.1-fast-generate-001';
const frame = (red: number) => ({ imageBytes: picture(red), mimeType: 'image/png' });
/** An answer that never came whole, as the SDK tells it. */
const BROKEN = /fetch failed|aborted|terminated|503/;
const config = { durationSeconds: 4, aspectRatio: '16:9', resolution: '720p', generateAudio: false, numberOfVideos: 1 };
const clip = {
  model: MODEL,
  source: { prompt: 'a lighthouse', image: frame(250) },
  config: { ...config, lastFrame: frame(10) },
};

function start(google: LoopbackGoogle, more: Partial<GenerateVideosParameters> = {}): Promise<GenerateVideosOperation> {
  return vertexAt(google).models.generateVideos({ ...clip, ...more });
}

/** A look at an operation from its name alone. */
function look(google: LoopbackGoogle, name: string | undefined): Promise<GenerateVideosOperation> {
  const operation = Object.assign(new Operation(), { name });
  return vertexAt(google).operations.getVideosOperation({ operation });
}

async function finished(more: Partial<GenerateVideosParameters>, ...script: readonly ScriptedFault[]) {
  const { google, clock } = await fake({ script });
  const { name } = await start(google, more);
  clock.pass(CLIP_MS);
  const { done, response, error } = await look(google, name);
  return { google, done, response, error };
}

interface Probe {
  readonly streams: readonly { readonly codec_type: string; readonly width?: number; readonly height?: number }[];
  readonly format: { readonly duration: string };
}

function probe(bytes: Uint8Array): Probe {
  const path = join(root, 'clip.mp4');
  writeFileSync(path, bytes);
  const facts = ['-v', 'error', '-show_entries', 'stream=codec_type,width,height:format=duration', '-of', 'json', path];
  return JSON.parse(execFileSync('ffprobe', facts, { encoding: 'utf8' })) as Probe;
}

describe('Veo at the loopback Google', () => {
  it('films from the first to the last frame, and delivers inline', async () => {
    const { google, clock } = await fake();
    const begun = await start(google);
    expect(begun.name).toMatch(
      /^projects\/loopback-project\/locations\/us-central1\/publishers\/google\/models\/veo-3\.1-fast-generate-001\/operations\/[0-9a-f-]{36}$/,
    );
    expect(begun.done).toBeUndefined();
    expect((await google.bills()).map(({ microUsd, usage }) => [microUsd, usage])).toEqual([
      [4 * 80_000, { seconds: 4, resolution: '720p', audio: false }],
    ]);
    clock.pass(CLIP_MS - 1);
    expect(await look(google, begun.name)).toMatchObject({ name: begun.name });
    clock.pass(1);
    const done = await look(google, begun.name);
    const [video] = done.response?.generatedVideos ?? [];
    expect([done.done, done.response?.raiMediaFilteredCount, video?.video?.mimeType]).toEqual([true, 0, 'video/mp4']);
    const bytes = Buffer.from(video?.video?.videoBytes ?? '', 'base64');
    const { streams, format } = probe(bytes);
    expect([streams, Number(format.duration)]).toEqual([[{ codec_type: 'video', width: 320, height: 180 }], 4]);
    const frames = decode(bytes, 320, 180);
    expect([frames.length, (frames[0]?.[0] ?? 0) > 200, (frames.at(-1)?.[0] ?? 255) < 60]).toEqual([96, true, true]);
    expect(await billed(google)).toBe(320_000);
  });

  it('films from words alone, with sound unless it is told not to', async () => {
    const { generateAudio: _, ...rest } = config;
    const made = await finished({ source: { prompt: 'a lighthouse' }, config: { ...rest, aspectRatio: '9:16' } });
    const bytes = Buffer.from(made.response?.generatedVideos?.[0]?.video?.videoBytes ?? '', 'base64');
    expect(probe(bytes).streams.map((stream) => [stream.codec_type, stream.width])).toEqual([
      ['video', 180],
      ['audio', undefined],
    ]);
    expect(await billed(made.google)).toBe(400_000);
  });

  it('stores takes in a folder with a random name, where they are found without the name of the operation', async () => {
    const { google, clock } = await fake();
    const { bucket } = google.vertex().vertex;
    const outputGcsUri = `gs://${bucket}/films/call-1/`;
    const { name } = await start(google, { config: { ...config, numberOfVideos: 2, outputGcsUri } });
    const list = async () => {
      const reply = await fetch(`${google.url}/storage/v1/b/${bucket}/o?prefix=films/call-1/`);
      return ((await reply.json()) as { items?: { name: string; contentType: string; size: string }[] }).items ?? [];
    };
    expect(await list()).toEqual([]);
    clock.pass(CLIP_MS);
    const stored = await list();
    expect(stored.map((object) => [object.name.replace(/\d{6,20}/, 'N'), object.contentType])).toEqual([
      ['films/call-1/N/sample_0.mp4', 'video/mp4'],
      ['films/call-1/N/sample_1.mp4', 'video/mp4'],
    ]);
    const { response } = await look(google, name);
    expect(response?.generatedVideos?.map(({ video }) => video)).toEqual(
      stored.map((object) => ({ uri: `gs://${bucket}/${object.name}`, mimeType: 'video/mp4' })),
    );
    const media = `${google.url}/storage/v1/b/${bucket}/o/${encodeURIComponent(stored[0]?.name ?? '')}?alt=media`;
    google.script([{ fault: 'forbidden', on: 'download' }]);
    expect((await fetch(media)).status).toBe(403);
    const bytes = new Uint8Array(await (await fetch(media)).arrayBuffer());
    expect([String(bytes.byteLength), Number(probe(bytes).format.duration)]).toEqual([stored[0]?.size, 4]);
    expect(await billed(google)).toBe(2 * 320_000);
  });

  it.each([
    [
      'filtered',
      { raiMediaFilteredReasons: [expect.stringMatching(/could not generate 1 videos.*Support codes: 42237218$/)] },
    ],
    ['filtered-without-code', { raiMediaFilteredReasons: [expect.stringMatching(/issue with the audio/)] }],
    ['empty', {}],
  ] as const)('ends without a clip for %s, and does not bill it', async (fault, reply) => {
    const { google, done, response, error } = await finished({}, { fault });
    expect([done, error, response?.generatedVideos]).toEqual([true, undefined, undefined]);
    expect(response).toMatchObject(reply);
    expect((await google.bills()).map(({ microUsd }) => microUsd)).toEqual([0]);
  });

  it.each([
    ['error-3', 3, /^The prompt could not be submitted.*Support codes: 58061214$/],
    ['error-3-image', 3, /the input image violates.*Support codes: 15236754$/],
    ['error-8', 8, /^Quota exceeded for .* with base model: veo-3.1-fast-generate-001\.$/],
    ['error-13', 13, /high load/],
  ] as const)('ends with an error for %s, and does not bill it', async (fault, code, message) => {
    const { google, done, response, error } = await finished({}, { fault });
    expect([done, response, error]).toEqual([
      true,
      undefined,
      { code, message: expect.stringMatching(message) as string },
    ]);
    expect(await billed(google)).toBe(0);
  });

  it('keeps and bills what a filter leaves of several', async () => {
    const more = { config: { ...config, numberOfVideos: 2 } };
    const { google, response } = await finished(more, { fault: 'partial', codes: ['61493863', '78610348'] });
    expect(response?.generatedVideos).toHaveLength(1);
    expect([response?.raiMediaFilteredCount, response?.raiMediaFilteredReasons]).toEqual([
      1,
      [expect.stringMatching(/Support codes: 61493863, 78610348$/)],
    ]);
    expect(await billed(google)).toBe(320_000);
  });

  it('delivers bytes that do not decode', async () => {
    const { response } = await finished({}, { fault: 'bad-bytes' });
    const bytes = Buffer.from(response?.generatedVideos?.[0]?.video?.videoBytes ?? '', 'base64');
    expect(decode(bytes, 320, 180).length).toBeLessThan(96);
  });

  it('loses an operation that it bills', async () => {
    const { google } = await fake({ script: [{ fault: 'lost' }] });
    const { name } = await start(google);
    expect(await refusal(look(google, name))).toMatchObject({ status: 404 });
    expect(await billed(google)).toBe(320_000);
  });

  it.each(['accept-then-503', 'accept-then-reset', 'accept-then-hang'] as const)(
    'accepts, and loses the answer: %s',
    async (fault) => {
      const { google } = await fake({ script: [{ fault }] });
      const impatient = { config: { ...clip.config, httpOptions: { timeout: 300 } } };
      await expect(start(google, impatient)).rejects.toThrow(BROKEN);
      expect([google.requests().length, await billed(google)]).toEqual([1, 320_000]);
    },
  );

  it.each([
    ['quota', 429, /Quota exceeded/],
    ['unavailable', 503, /<html>/],
    ['internal', 500, /Internal error/],
    ['rejected', 400, /sensitive words/],
    ['unauthenticated', 401, /credentials/],
    ['forbidden', 403, /permission/],
    ['retired', 404, /is no longer available/],
  ] as const)('answers a scripted %s before anything is accepted', async (fault, status, message) => {
    const { google } = await fake({ script: [{ fault, nth: 2 }] });
    await start(google);
    expect(await refusal(start(google))).toMatchObject({ status, message: expect.stringMatching(message) });
    await start(google);
    expect((await google.bills()).length).toBe(2);
  });

  it.each(['reset', 'hang'] as const)(
    'has a fault of the connection before anything is accepted: %s',
    async (fault) => {
      const { google } = await fake({ script: [{ fault, model: MODEL }] });
      await expect(start(google, { config: { ...config, httpOptions: { timeout: 300 } } })).rejects.toThrow(BROKEN);
      expect([google.requests().length, await billed(google)]).toEqual([1, 0]);
    },
  );

  it('cuts an answer in the middle', async () => {
    const { google } = await fake({ script: [{ fault: 'cut', on: 'check' }] });
    const { name } = await start(google);
    await expect(look(google, name)).rejects.toThrow(BROKEN);
    expect(await look(google, name)).toMatchObject({ name });
  });

  it('refuses what Google refuses, unbilled', async () => {
    const { google } = await fake();
    const ask = async (more: object, params: object = {}) =>
      refusal(start(google, { source: clip.source, config: { ...config, ...more }, ...params }));
    const asset = { image: frame(1), referenceType: VideoGenerationReferenceType.ASSET };
    const said = (message: RegExp) => ({ status: 400, message: expect.stringMatching(message) as string });
    expect(await ask({ durationSeconds: 5 })).toMatchObject(said(/durationSeconds.*one of 4, 6, 8/));
    expect(await ask({ aspectRatio: '1:1' })).toMatchObject(said(/aspectRatio/));
    expect(await ask({ resolution: '4k' })).toMatchObject(said(/resolution.*one of 720p, 1080p/));
    expect(await ask({ numberOfVideos: 5 })).toMatchObject(said(/sampleCount/));
    expect(await ask({ outputGcsUri: '/tmp' })).toMatchObject(said(/Invalid Cloud Storage URI/));
    expect(await ask({ labels: { Bad: 'x' } })).toMatchObject(said(/label/));
    expect(await ask({ durationSeconds: 8, referenceImages: [asset] })).toMatchObject(said(/cannot be both set/));
    const references = { source: { prompt: 'p' } };
    expect(await ask({ referenceImages: [asset] }, references)).toMatchObject(said(/8 seconds only/));
    expect(
      await ask(
        { durationSeconds: 8, referenceImages: [asset] },
        { ...references, model: 'veo-3.1-lite-generate-001' },
      ),
    ).toMatchObject(said(/not supported/));
    expect(await ask({ lastFrame: frame(1) }, references)).toMatchObject(said(/first frame/));
    expect(await ask({}, { source: { prompt: '' } })).toMatchObject(said(/prompt or image is required/));
    expect(await ask({ httpOptions: { extraBody: { parameters: { cameraControl: 'pan' } } } })).toMatchObject(
      said(/Unknown name "cameraControl" at 'parameters'/),
    );
    expect(await ask({}, { model: 'veo-3.0-generate-001' })).toMatchObject({
      status: 404,
      message: expect.stringMatching(/no longer/),
    });
    const elsewhere = vertexAt(google, 'europe-west4').models.generateVideos(clip);
    expect(await refusal(elsewhere)).toMatchObject({
      status: 404,
      message: expect.stringMatching(/locations\/europe-west4/),
    });
    expect(await google.bills()).toEqual([]);
  });

  it('goes on where it was after a restart', async () => {
    const dir = temporary();
    const clock = handClock(Date.UTC(2026, 10, 22));
    const first = await fake({ dir }, clock);
    const bucket = 'b';
    const inline = await start(first.google);
    const stored = await start(first.google, { config: { ...clip.config, outputGcsUri: `gs://${bucket}/p` } });
    await first.google.close();
    clock.pass(CLIP_MS);
    const { google } = await fake({ dir }, clock);
    const uri = (await look(google, stored.name)).response?.generatedVideos?.[0]?.video?.uri;
    expect((await google.storage.objects(bucket)).map(({ name }) => `gs://${bucket}/${name}`)).toEqual([uri]);
    const bytes = (await look(google, inline.name)).response?.generatedVideos?.[0]?.video?.videoBytes;
    expect(bytes?.length).toBeGreaterThan(1000);
    expect((await google.bills()).length).toBe(2);
    await google.close();
    const third = await fake({ dir }, clock);
    expect((await look(third.google, inline.name)).response?.generatedVideos?.[0]?.video?.videoBytes).toBe(bytes);
    expect((await look(third.google, stored.name)).response?.generatedVideos?.[0]?.video?.uri).toBe(uri);
  });
});
