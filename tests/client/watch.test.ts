import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ClientOptions } from 'vidpipe/client';
import { ApiError, createClient } from 'vidpipe/client';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';

const world = new HttpWorld();
let id: string;
let seq: number;
/** What the handler streams after each event. */
const recorded: string[] = [];

beforeAll(async () => {
  ({ id, seq } = await world.film());
  for (let after = 0; after < seq; after += 1) {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
    recorded.push(await (await world.ask(`/projects/${id}/events`, { headers })).text());
  }
  const now = ((work: () => void) => setImmediate(work)) as unknown as typeof setTimeout;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(now);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await world.pipeline.close();
});

const all = (): number[] => Array.from({ length: seq }, (_, index) => index + 1);
const over = async (fetch: ClientOptions['fetch'] & object, after = 0): Promise<number[]> => {
  const client = createClient({ baseUrl: 'http://films.test', fetch });
  return (await Array.fromAsync(client.watch(id, { after }))).map((event) => event.seq);
};
const idOf = (init: RequestInit | undefined): number => Number(new Headers(init?.headers).get('last-event-id'));

/** A connection that ends after so many bytes, as a lost or as a clean one. */
function cut(bytes: Uint8Array, isLost: boolean): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes);
      if (!isLost) controller.close();
    },
    pull: (controller) => controller.error(new Error('connection lost')),
  });
  return new Response(body);
}

/** A body whose chunks are single bytes. */
function singly(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const each of bytes) controller.enqueue(Uint8Array.of(each));
      controller.close();
    },
  });
}

describe('a stream that is cut', () => {
  it('at every byte goes on without gap or duplicate', async () => {
    const from = seq - 4;
    const whole = new TextEncoder().encode(recorded[from]);
    let tried = 0;
    for (let at = 0; at <= whole.length; at += 1) {
      let connections = 0;
      const seen = await over((_, init) => {
        connections += 1;
        if (connections === 1) return Promise.resolve(cut(whole.subarray(0, at), at % 2 === 0));
        const text = recorded[idOf(init)];
        return Promise.resolve(text === undefined ? new Response(null, { status: 204 }) : new Response(text));
      }, from);
      expect(seen, `cut at ${at}`).toEqual(all().slice(from));
      tried += 1;
    }
    expect(tried).toBe(whole.length + 1);
    console.log(`a stream cut at each of ${tried} bytes: ${tried} went on whole`);
  });

  it('into single bytes is the same', async () => {
    const bytes = new TextEncoder().encode(recorded[0]);
    const seen = await over((_, init) => {
      if (idOf(init) > 0) return Promise.resolve(new Response(null, { status: 204 }));
      return Promise.resolve(new Response(singly(bytes)));
    });
    expect(seen).toEqual(all());
  });
});

it('waits out a server that is away or busy, and tells of it', async () => {
  const told: boolean[] = [];
  const answers = [
    () => Promise.reject(new TypeError('fetch failed')),
    () => Promise.resolve(new Response(JSON.stringify({ code: 'too-many-streams' }), { status: 503 })),
    () => Promise.resolve(new Response('busy', { status: 429 })),
  ];
  const fetch: typeof globalThis.fetch = (url, init) => answers.shift()?.() ?? world.handler(new Request(url, init));
  const client = createClient({ baseUrl: 'http://films.test', fetch });
  const events = await Array.fromAsync(client.watch(id, { onConnection: (isThere) => told.push(isThere) }));
  expect([events.length, told]).toEqual([seq, [false, false, false, true]]);
});

it.each([403, 404, 400])('ends with the error where %i says that no try would help', async (status) => {
  let asked = 0;
  const watching = over(() => {
    asked += 1;
    return Promise.resolve(new Response(JSON.stringify({ code: 'no' }), { status }));
  });
  await expect(watching).rejects.toBeInstanceOf(ApiError);
  expect(asked).toBe(1);
});

it('ends with its signal, and tells of progress meanwhile', async () => {
  const controller = new AbortController();
  const { id: pending } = await world.pipeline.create(settingsFor(1));
  const frames = 'retry: 1\n\nevent: progress\ndata: {"percent":40}\n\n: hello\n\nid: 1\ndata: {"seq":1}\n\n';
  const percents: number[] = [];
  const fetch = () => Promise.resolve(new Response(frames));
  const client = createClient({ baseUrl: 'http://films.test/', fetch });
  const options = {
    signal: controller.signal,
    onProgress: ({ percent }: { percent: number }) => percents.push(percent),
  };
  const seen: number[] = [];
  for await (const event of client.watch(pending, options)) {
    seen.push(event.seq);
    controller.abort();
  }
  expect([seen, percents]).toEqual([[1], [40]]);
});
