import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ImageModel, ImageRequest, OperationHandle, TextModel, VideoModel } from 'vidpipe/provider';
import { simulated, type SimulatedOptions } from 'vidpipe/providers/simulated';
import { bytesOf, call, clipOf, input, stillOf } from './asked.ts';
import { type HandClock, handClock } from './clock.ts';
import { readBills } from '../support/bills.ts';
import { decode, difference, readCaption } from './pixels.ts';

const root = mkdtempSync(join(tmpdir(), 'vidpipe-simulated-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());
let serial = 0;

interface Studio {
  readonly dir: string;
  readonly clock: HandClock;
  readonly writer: TextModel;
  readonly still: ImageModel;
  readonly plain: ImageModel;
  readonly film: VideoModel;
  readonly drift: VideoModel;
}

/** A service in a folder of its own, at ten times life, on a clock by hand. */
function studio(options: Partial<SimulatedOptions> & { readonly clock?: HandClock } = {}): Studio {
  const { dir = join(root, String((serial += 1))), clock = handClock() } = options;
  const provider = simulated({ dir, ...options, clock });
  return {
    dir,
    clock,
    writer: provider.model('writer-1') as TextModel,
    still: provider.model('still-1') as ImageModel,
    plain: provider.model('still-2') as ImageModel,
    film: provider.model('film-1') as VideoModel,
    drift: provider.model('film-2') as VideoModel,
  };
}

const CLIP_MS = 6_000;

async function draw(model: ImageModel, request: ImageRequest): Promise<Uint8Array> {
  return bytesOf(await model.generate(request, call()));
}

async function begin(
  model: VideoModel,
  ...[request, options = call()]: Parameters<VideoModel['start']> | [Parameters<VideoModel['start']>[0]]
): Promise<OperationHandle> {
  const found = await model.start(request, options);
  if (!('handle' in found)) throw new Error('no handle');
  return found.handle;
}

async function film(made: Studio, model: VideoModel, request: Parameters<VideoModel['start']>[0]): Promise<Uint8Array> {
  const handle = await begin(model, request);
  made.clock.pass(CLIP_MS);
  return bytesOf(await model.check(handle, call()));
}

let first: Uint8Array;
let second: Uint8Array;
beforeAll(async () => {
  const { still } = studio();
  first = await draw(still, stillOf('Frame: a lighthouse at dawn'));
  second = await draw(still, stillOf('Frame: a storm over the bay'));
});

describe('time', () => {
  it('is that of the given clock alone', async () => {
    const { clock, film: model, dir } = studio({ acceptDelayMs: 250 });
    const handle = await begin(model, clipOf(first, second));
    expect(clock.slept).toEqual([250]);
    expect(readBills(dir).map(({ at }) => at)).toEqual([Date.parse('2026-01-01T00:00:00.000Z')]);
    clock.pass(CLIP_MS / 2 - 250);
    expect(await model.check(handle, call())).toEqual({ state: 'running', progress: 0.5 });
    clock.pass(CLIP_MS / 2 - 1);
    expect(await model.check(handle, call())).toMatchObject({ state: 'running' });
    clock.pass(1);
    expect(await model.check(handle, call())).toMatchObject({ state: 'succeeded', usage: { seconds: 4 } });
  });
});

describe('billing', () => {
  it('is on disk, and synced, before the answer is waited for', async () => {
    const made = studio();
    const order: string[] = [];
    const file = await open(join(root, 'any'), 'w');
    const prototype = Object.getPrototypeOf(file) as typeof file;
    await file.close();
    const sync = Object.getOwnPropertyDescriptor(prototype, 'sync')?.value as () => Promise<void>;
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof file) {
      await sync.call(this);
      order.push(`synced ${readBills(made.dir).length}`);
    });
    vi.spyOn(made.clock, 'sleep').mockImplementation(() => {
      order.push(`waits ${readBills(made.dir).length}`);
      return Promise.resolve();
    });
    await made.still.generate(stillOf('a boat'), call());
    expect(order.slice(-2)).toEqual(['synced 1', 'waits 1']);
  });

  it('counts a callId once, also when it is sent eight times at once', async () => {
    const { still, film: model, dir } = studio();
    const [one, other] = [call(), call()];
    await Promise.all(Array.from({ length: 8 }, () => still.generate(stillOf('a boat'), one)));
    const handles = await Promise.all(Array.from({ length: 8 }, () => begin(model, clipOf(first, second), other)));
    expect(new Set(handles.map((handle) => JSON.stringify(handle))).size).toBe(1);
    expect(readBills(dir).map(({ callId, microUsd }) => [callId, microUsd])).toEqual([
      [one.callId, 20_000],
      [other.callId, 160_000],
    ]);
  });

  it('counts a callId once, also when two processes send it at the same moment', async () => {
    const { still, dir } = studio();
    const others = [still, ...[1, 2, 3].map(() => studio({ dir }).still)];
    const calls = Array.from({ length: 20 }, () => call());
    await Promise.all(calls.flatMap((same) => others.map((model) => model.generate(stillOf('a boat'), same))));
    expect(readBills(dir)).toHaveLength(calls.length);
  });

  it('counts every sending where the service knows no keys, each with a job of its own', async () => {
    const { film: model, dir } = studio({ idempotent: false });
    const same = call();
    const handles = await Promise.all(Array.from({ length: 3 }, () => begin(model, clipOf(first, second), same)));
    expect(new Set(handles.map((handle) => JSON.stringify(handle))).size).toBe(3);
    expect(readBills(dir)).toHaveLength(3);
  });

  it('and acceptance are one: what could not be billed was never accepted', async () => {
    const { still, dir } = studio();
    const same = call();
    mkdirSync(dir);
    writeFileSync(join(dir, 'bills'), '');
    await expect(still.generate(stillOf('a boat'), same)).rejects.toThrow(/EEXIST|ENOTDIR/);
    rmSync(join(dir, 'bills'));
    expect(await still.lookUp?.({ callId: same.callId, at: '' }, call())).toBeUndefined();
    await still.generate(stillOf('a boat'), same);
    expect(readBills(dir)).toHaveLength(1);
  });

  it.each([
    ['film-1 with sound', { audio: true }, 4 * 50_000],
    ['film-1 without', { audio: false }, 4 * 40_000],
  ])('has the price of the catalogue: %s', async (_, given, price) => {
    const { film: model, dir } = studio();
    await begin(model, clipOf(first, second, given));
    expect(readBills(dir).map(({ microUsd }) => microUsd)).toEqual([price]);
  });
});

describe('a job', () => {
  it('survives a restart: state, pictures, cancellation', async () => {
    const { dir, clock, film: model } = studio();
    const [kept, dropped] = [await begin(model, clipOf(first, second)), await begin(model, clipOf(first, second))];
    expect(await studio({ dir, clock }).film.cancel?.(dropped, call())).toEqual({
      outcome: 'cancelled',
      charged: 'yes',
    });
    clock.pass(CLIP_MS);
    const later = studio({ dir, clock }).film;
    expect(await later.check(kept, call())).toMatchObject({ state: 'succeeded' });
    expect(await later.check(dropped, call())).toMatchObject({ state: 'failed', kind: 'lost', charged: 'yes' });
    expect(await later.cancel?.(dropped, call())).toEqual({ outcome: 'cancelled', charged: 'yes' });
    expect(await later.cancel?.(kept, call())).toEqual({ outcome: 'too-late', charged: 'yes' });
    expect(readBills(dir)).toHaveLength(2);
  });

  it('that nobody knows is lost, and nobody knows what it cost', async () => {
    const { film: model } = studio();
    const unknown = { job: 'f'.repeat(32) };
    expect(await model.check(unknown, call())).toMatchObject({ state: 'failed', kind: 'lost', charged: 'unknown' });
    expect(await model.cancel?.(unknown, call())).toEqual({ outcome: 'too-late', charged: 'unknown' });
    for (const job of ['../billing', '', '..', 'a/b', 7, undefined])
      expect(await model.check({ job }, call())).toMatchObject({ state: 'failed', kind: 'lost' });
  });

  it('that is not billed is not charged when it is cancelled', async () => {
    const { film: model } = studio({ faults: () => 'fail' });
    expect(await model.cancel?.(await begin(model, clipOf(first, second)), call())).toEqual({
      outcome: 'cancelled',
      charged: 'no',
    });
  });

  it('may share its frames with others that begin at the same time', async () => {
    const { film: model, drift, clock } = studio();
    const begun = await Promise.all([
      ...Array.from({ length: 6 }, () => begin(model, clipOf(first, second))),
      ...Array.from({ length: 6 }, () => begin(drift, clipOf(second, null, { seconds: 5 }))),
    ]);
    expect(begun).toHaveLength(12);
    clock.pass(CLIP_MS);
    const handle = begun[0] ?? {};
    const looks = await Promise.all([model.check(handle, call()), model.check(handle, call())]);
    const [one, other] = looks.map(bytesOf);
    expect(Buffer.from(one ?? []).equals(Buffer.from(other ?? []))).toBe(true);
    expect(decode(one ?? new Uint8Array(), 320, 180)).toHaveLength(96);
  });

  it('ends its waiting with the signal, and nobody knows what was accepted', async () => {
    const controller = new AbortController();
    const made = studio();
    vi.spyOn(made.clock, 'sleep').mockImplementation((_, signal) => {
      controller.abort(new Error('the deadline'));
      return Promise.reject(signal?.reason as Error);
    });
    const sending = made.still.generate(stillOf('a boat'), call({ signal: controller.signal }));
    await expect(sending).rejects.toMatchObject({ code: 'provider', accepted: 'unknown' });
    expect(readBills(made.dir)).toHaveLength(1);
  });
});

describe('bytes', () => {
  const asked = {
    system: 's',
    prompt: 'Style: ink\nScenes: 2\nSeconds: 4, 4\nScript: A fox crosses the ice',
    schema: { properties: { styleGuide: {} } },
    temperature: 0.7,
  };
  const written = async ({ writer }: Studio): Promise<string> =>
    new TextDecoder().decode(bytesOf(await writer.generate(asked, call())));

  it('are the same for the same seed and request, whatever the call', async () => {
    const [one, other] = [studio(), studio()];
    expect(await written(one)).toBe(await written(other));
    expect(await draw(one.still, stillOf('a boat'))).toEqual(await draw(other.still, stillOf('a boat')));
    const request = clipOf(first, second, { audio: true });
    expect(Buffer.compare(await film(one, one.film, request), await film(other, other.film, request))).toBe(0);
  });

  it('are others for another seed of the service', async () => {
    const [one, other] = [studio({ seed: 1 }), studio({ seed: 2 })];
    expect(await written(one)).not.toBe(await written(other));
    expect(await draw(one.still, stillOf('a boat'))).not.toEqual(await draw(other.still, stillOf('a boat')));
    const request = clipOf(first, second);
    expect(Buffer.compare(await film(one, one.film, request), await film(other, other.film, request))).not.toBe(0);
  });

  it('are others for another seed of the request, and for another prompt', async () => {
    const made = studio();
    const stills = await Promise.all(
      [stillOf('a boat'), stillOf('a boat', { seed: 2 }), stillOf('a ship')].map((each) => draw(made.still, each)),
    );
    expect(new Set(stills.map((bytes) => Buffer.from(bytes).toString('base64'))).size).toBe(3);
    const requests = [
      clipOf(first, second),
      clipOf(first, second, { seed: 2 }),
      clipOf(first, second, { prompt: 'a pan' }),
    ];
    const clips: string[] = [];
    for (const request of requests) clips.push(Buffer.from(await film(made, made.film, request)).toString('base64'));
    expect(new Set(clips).size).toBe(3);
  });
});

describe('a clip', () => {
  it('of film-1 goes from its first frame to its last', async () => {
    const made = studio();
    const frames = decode(await film(made, made.film, clipOf(first, second)), 320, 180);
    const [start, end] = [decode(first, 320, 180)[0], decode(second, 320, 180)[0]];
    expect(frames).toHaveLength(96);
    expect(difference(start, end)).toBeGreaterThan(20);
    expect(difference(frames[0], start)).toBeLessThan(4);
    expect(difference(frames.at(-1), end)).toBeLessThan(4);
    expect(difference(frames[0], frames.at(-1))).toBeGreaterThan(20);
    expect(difference(frames[48], start)).toBeGreaterThan(5);
    expect(difference(frames[48], end)).toBeGreaterThan(5);
  });

  it('of film-2 begins with its first frame and moves on', async () => {
    const made = studio();
    const frames = decode(await film(made, made.drift, clipOf(first, null, { seconds: 5 })), 320, 180);
    expect(frames).toHaveLength(120);
    expect(difference(frames[0], decode(first, 320, 180)[0])).toBeLessThan(4);
    expect(difference(frames[0], frames.at(-1))).toBeGreaterThan(5);
    expect(difference(frames[60], frames.at(-1))).toBeGreaterThan(2);
  });

  it('takes frames in any format that the core hands out', async () => {
    const made = studio();
    const jpeg = new Uint8Array(
      execFileSync(process.env['FFMPEG_PATH'] ?? 'ffmpeg', [
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        'testsrc=size=320x180:rate=1',
        '-frames:v',
        '1',
        '-f',
        'mjpeg',
        '-q:v',
        '2',
        '-',
      ]),
    );
    const request = { ...clipOf(first, second), startFrame: input(jpeg, 'start-frame', 'image/jpeg') };
    const frames = decode(await film(made, made.film, request), 320, 180);
    expect(difference(frames[0], decode(jpeg, 320, 180)[0])).toBeLessThan(6);
  });
});

describe('a still', () => {
  const captionOf = async (prompt: string, width = 1280, height = 720): Promise<string> => {
    const { still } = studio();
    const ratio = width > height ? '16:9' : '9:16';
    return readCaption(
      decode(await draw(still, stillOf(prompt, { width, height, ratio })), width, height)[0] ?? Buffer.alloc(0),
      width,
      height,
    );
  };

  it('carries the words of its frame, legibly', async () => {
    const prompt = "Medium: ink\nFrame: Scene 7: the keeper's lamp, 2 boats - and no wind?\nScene: other words";
    for (const [width, height] of [
      [1280, 720],
      [720, 1280],
      [320, 180],
    ] as const)
      expect(await captionOf(prompt, width, height)).toBe("SCENE 7: THE KEEPER'S LAMP, 2 BOATS - AND NO WIND?");
  });

  it('has every letter and digit in its font, each unlike the others', async () => {
    const all = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789';
    expect(await captionOf(`Frame: ${all}`)).toBe(all);
  });

  it('writes letters with accents without them', async () => {
    expect(await captionOf('Frame: Über Ålesund, café déjà vu')).toBe('UBER ALESUND, CAFE DEJA VU');
  });

  it('of still-2 is drawn from words only', async () => {
    const { plain, dir } = studio();
    const request = stillOf('a boat', { images: [input(first, 'condition')] });
    await expect(plain.generate(request, call())).rejects.toMatchObject({ kind: 'invalid-request', accepted: 'no' });
    expect(readBills(dir)).toEqual([]);
  });
});
