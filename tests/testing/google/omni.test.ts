import { describe, expect, it } from 'vitest';
import type { LoopbackGoogle } from 'vidpipe/testing';
import { handClock } from '../../providers/clock.ts';
import { billed, CLIP_MS, developerAt, fake, picture, refusal, temporary, vertexAt } from './support.ts';

type Create = Parameters<ReturnType<typeof developerAt>['interactions']['create']>[0];
const MODEL = 'gemini-omni-1.2-flash';
const format = { type: 'video', aspect_ratio: '16:9', resolution: '720p', duration: '3s', delivery: 'uri' } as const;
const frames = [picture(250), picture(10)].map((data) => ({ type: 'image', mime_type: 'image/png', data }) as const);
const asked = {
  model: MODEL,
  background: true,
  store: true,
  input: [...frames, { type: 'text', text: 'a lighthouse' }],
  response_format: format,
  generation_config: { seed: 1, video_config: { task: 'image_to_video' } },
} as const;

interface Content {
  readonly type: string;
  readonly uri?: string;
  readonly data?: string;
  readonly text?: string;
}

/** What the SDK gives, as far as it is looked at. */
interface Interaction {
  readonly id: string;
  readonly status: string;
  readonly steps?: readonly { readonly type: string; readonly content?: readonly Content[] }[];
  readonly usage?: object;
  readonly output_text?: string;
}

async function create(google: LoopbackGoogle, more: object = {}): Promise<Interaction> {
  const { interactions } = developerAt(google);
  return (await interactions.create({ ...asked, ...more } as unknown as Create, { maxRetries: 0 })) as Interaction;
}

async function get(google: LoopbackGoogle, id: string): Promise<Interaction> {
  return (await developerAt(google).interactions.get(id, undefined, { maxRetries: 0 })) as Interaction;
}

function output({ steps = [] }: Interaction): Content | undefined {
  return steps.find(({ type }) => type === 'model_output')?.content?.[0];
}

const key = (google: LoopbackGoogle) => ({ headers: { 'x-goog-api-key': google.developer().apiKey } });

describe('Omni at the loopback Google', () => {
  it('is complete with its clip and not before, however time passes while it is looked at', async () => {
    const hand = handClock(Date.UTC(2026, 10, 22));
    let tick = 0;
    const now = (): number => {
      hand.pass(tick);
      return hand.now();
    };
    const { google } = await fake({}, { ...hand, now });
    for (const before of [1, 2, 3, 4, 5, 6]) {
      const { id } = await create(google);
      hand.pass(CLIP_MS - before);
      tick = 1;
      const looked = await get(google, id);
      tick = 0;
      expect([before, looked.status === 'completed']).toEqual([before, output(looked) !== undefined]);
    }
  });

  it('makes a clip in the background and keeps it as a file', async () => {
    const { google, clock } = await fake();
    const begun = await create(google);
    expect([begun.status, begun.id]).toEqual(['in_progress', expect.stringMatching(/^v1_[0-9a-f]{32}$/)]);
    clock.pass(CLIP_MS - 1);
    expect((await get(google, begun.id)).status).toBe('in_progress');
    clock.pass(1);
    const done = await get(google, begun.id);
    expect(done).toMatchObject({
      status: 'completed',
      model: MODEL,
      usage: { total_input_tokens: 3 + 2 * 1120, output_tokens_by_modality: [{ modality: 'video', tokens: 3 * 5792 }] },
    });
    const uri = output(done)?.uri ?? '';
    expect(uri).toMatch(new RegExp(`^${google.url}/v1beta/files/[0-9a-f-]{36}:download\\?alt=media$`));
    expect((await fetch(uri)).status).toBe(403);
    google.script([{ fault: 'forbidden', on: 'download' }]);
    expect((await fetch(uri, key(google))).status).toBe(403);
    const reply = await fetch(uri, key(google));
    const bytes = Buffer.from(await reply.arrayBuffer());
    expect([reply.headers.get('content-length'), bytes.subarray(4, 8).toString()]).toEqual([
      String(bytes.byteLength),
      'ftyp',
    ]);
    const file = await (await fetch(uri.replace(/:download.*/, ''), key(google))).json();
    expect(file).toMatchObject({ state: 'ACTIVE', mimeType: 'video/mp4', sizeBytes: String(bytes.byteLength) });
    expect((await google.bills()).map(({ microUsd, usage }) => [microUsd, usage.seconds])).toEqual([[210_000, 3]]);
  });

  it('delivers inline, and answers when it is done unless it is a background job', async () => {
    const { google, clock } = await fake();
    const { delivery: _, ...rest } = format;
    const inline = { ...rest, resolution: '360p', duration: '15s' };
    const done = await create(google, { background: false, response_format: inline });
    expect([done.status, clock.slept]).toEqual(['completed', [CLIP_MS]]);
    expect(
      Buffer.from(output(done)?.data ?? '', 'base64')
        .subarray(4, 8)
        .toString(),
    ).toBe('ftyp');
  });

  it('cancels what runs, unbilled, and not what is done', async () => {
    const { google, clock } = await fake();
    const { interactions } = developerAt(google);
    const { id } = await create(google);
    expect(await billed(google)).toBe(210_000);
    expect(await interactions.cancel(id)).toMatchObject({ status: 'cancelled' });
    clock.pass(CLIP_MS);
    expect((await get(google, id)).status).toBe('cancelled');
    expect(await billed(google)).toBe(0);
    const other = await create(google);
    clock.pass(CLIP_MS);
    expect(await refusal(interactions.cancel(other.id))).toMatchObject({ status: 400 });
    expect((await get(google, other.id)).status).toBe('completed');
  });

  it('refuses in words: completed, without a clip or a bill', async () => {
    const { google, clock } = await fake({ script: [{ fault: 'refusal' }] });
    const { id } = await create(google);
    clock.pass(CLIP_MS);
    const done = await get(google, id);
    expect([done.status, output(done)?.type]).toEqual(['completed', 'text']);
    expect(done.usage).toMatchObject({ output_tokens_by_modality: [{ modality: 'text' }] });
    expect(await billed(google)).toBe(0);
  });

  it.each([
    ['budget-exceeded', 'budget_exceeded'],
    ['failed', 'failed'],
    ['empty', 'completed'],
  ] as const)('ends without a clip for %s', async (fault, status) => {
    const { google, clock } = await fake({ script: [{ fault }] });
    const { id } = await create(google);
    clock.pass(CLIP_MS);
    const done = await get(google, id);
    expect([done.status, output(done), await billed(google)]).toEqual([status, undefined, 0]);
  });

  it('loses an interaction that it bills, and knows no other', async () => {
    const { google } = await fake({ script: [{ fault: 'lost' }] });
    const { id } = await create(google);
    expect(await refusal(get(google, id))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/Invalid interaction name/),
    });
    expect(await refusal(get(google, 'v1_other'))).toMatchObject({ status: 400 });
    expect(await billed(google)).toBe(210_000);
  });

  it.each(['accept-then-503', 'accept-then-reset'] as const)(
    'accepts once, and loses the answer: %s',
    async (fault) => {
      const { google } = await fake({ script: [{ fault }] });
      await expect(create(google)).rejects.toThrow(/503|Connection|connection|fetch failed/);
      expect([google.requests().length, await billed(google)]).toEqual([1, 210_000]);
    },
  );

  it('shows what the retries of the SDK would cost', async () => {
    const { google } = await fake({ script: [{ fault: 'accept-then-503' }] });
    await developerAt(google).interactions.create(asked as unknown as Create, { maxRetries: 1 });
    expect([google.requests().length, await billed(google)]).toEqual([2, 420_000]);
  });

  it('stores clips of Vertex in a bucket', async () => {
    const { google, clock } = await fake();
    const ai = vertexAt(google, 'global');
    const response_format = { ...format, gcs_uri: 'gs://b/omni' };
    const begun = await ai.interactions.create({ ...asked, response_format } as unknown as Create, { maxRetries: 0 });
    clock.pass(CLIP_MS);
    const done = (await ai.interactions.get((begun as Interaction).id)) as Interaction;
    const names = (await google.storage.objects('b')).map(({ name }) => `gs://b/${name}`);
    expect(names).toEqual([expect.stringMatching(/^gs:\/\/b\/omni\/\d+\/sample_0\.mp4$/)]);
    expect(output(done)?.uri).toBe(names[0]);
  });

  it('refuses what Google refuses, unbilled', async () => {
    const { google } = await fake();
    const ask = (more: object) => refusal(create(google, more));
    const formatted = (more: object) => ask({ response_format: { ...format, ...more } });
    const said = (message: RegExp) => ({ status: 400, message: expect.stringMatching(message) as string });
    expect(await formatted({ duration: 8 })).toMatchObject(said(/duration/));
    expect(await formatted({ duration: '16s' })).toMatchObject(said(/duration/));
    expect(await formatted({ resolution: '480p' })).toMatchObject(said(/resolution/));
    expect(await formatted({ aspect_ratio: '1:1' })).toMatchObject(said(/aspect_ratio/));
    expect(await formatted({ gcs_uri: 'gs://b' })).toMatchObject(said(/Unknown name "gcs_uri"/));
    expect(await ask({ negative_prompt: 'x' })).toMatchObject(said(/Unknown name "negative_prompt"/));
    expect(await ask({ store: false })).toMatchObject(said(/incompatible/));
    expect(await ask({ input: 'words alone' })).toMatchObject(said(/0 images do not fit the task image_to_video/));
    expect(await ask({ input: [] })).toMatchObject(said(/input/));
    expect(await ask({ model: 'gemini-omni-flash-preview' })).toMatchObject({ status: 404 });
    expect(await ask({ model: 'veo-3.1-generate-001' })).toMatchObject({ status: 404 });
    expect(await google.bills()).toEqual([]);
  });

  it('goes on where it was after a restart', async () => {
    const clock = handClock(Date.UTC(2026, 10, 22));
    const dir = temporary();
    const other = await fake({ dir }, clock);
    const { id } = await create(other.google);
    await other.google.close();
    clock.pass(CLIP_MS);
    const again = await fake({ dir }, clock);
    const done = await get(again.google, id);
    expect(output(done)?.uri).toContain(again.google.url);
    expect((await fetch(output(done)?.uri ?? '', key(again.google))).status).toBe(200);
  });
});
