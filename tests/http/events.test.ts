import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Project, ProjectEvent } from 'vidpipe';
import type { Problem } from 'vidpipe/http';
import type { StoredEvent } from 'vidpipe/storage';
import { memoryEvents } from 'vidpipe/storage-adapters/memory';
import { HttpWorld } from '../support/http.ts';
import { withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

const STREAM = { accept: 'text/event-stream' };
const eventsIn = (text: string): ProjectEvent[] =>
  [...text.matchAll(/^id: (\d+)\ndata: (.*)$/gm)].map(([, id, data]) => {
    const event = JSON.parse(data!) as ProjectEvent;
    expect(event.seq).toBe(Number(id));
    return event;
  });
const seqs = (events: readonly { seq: number }[]): number[] => events.map(({ seq }) => seq);
const upTo = (last: number, after = 0): number[] =>
  Array.from({ length: last - after }, (_, index) => after + index + 1);

const world = new HttpWorld();
let film: Project;
beforeAll(async () => {
  film = await world.film(2);
});
afterAll(() => world.pipeline.close());

const stream = (id: string, headers = {}, query = '', from = world) =>
  from.ask(`/projects/${id}/events${query}`, { headers: { ...STREAM, ...headers } });

/** Reads until a text has come. */
async function readUntil(body: ReadableStream<Uint8Array>, wanted: string): Promise<ReadableStreamDefaultReader> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (let text = ''; !text.includes(wanted);) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`it ended with ${text}`);
    text += decoder.decode(value);
  }
  return reader;
}

describe('a stream', () => {
  it('goes on after any event, by header before query, and ends when the project rests', async () => {
    for (const after of upTo(film.seq - 1)) {
      const byQuery = await stream(film.id, {}, `?after=${after}`);
      expect(seqs(eventsIn(await byQuery.text()))).toEqual(upTo(film.seq, after));
      const byHeader = await stream(film.id, { 'last-event-id': String(after) }, '?after=0');
      expect(seqs(eventsIn(await byHeader.text()))).toEqual(upTo(film.seq, after));
    }
  });

  it('has 204 for whoever knows all of a project at rest', async () => {
    const reply = await stream(film.id, { 'last-event-id': String(film.seq) });
    expect([reply.status, await reply.text()]).toEqual([204, '']);
  });

  it.each(['x', '-1', '1.5', '1e3', '99999', '9'.repeat(30)])('refuses the id %s', async (id) => {
    const reply = await stream(film.id, { 'last-event-id': id });
    expect([reply.status, ((await reply.json()) as Problem).code]).toEqual([400, 'invalid-request']);
  });

  it('is live: readers who join at any time see the same, without gap or duplicate', async () => {
    const { id } = await world.pipeline.create(settingsFor(3));
    const early = await stream(id);
    const { done } = await world.pipeline.start(id);
    const joined = [early.text()];
    for (let joins = 0; joins < 3; joins += 1) {
      const { seq } = await world.pipeline.get(id);
      joined.push((await stream(id, { 'last-event-id': String(seq) })).text());
      await new Promise(setImmediate);
    }
    const { project } = await done;
    const [all, ...late] = (await Promise.all(joined)).map((text) => seqs(eventsIn(text)));
    expect(all).toEqual(upTo(project.seq));
    for (const some of late) expect(some).toEqual(upTo(project.seq, project.seq - some.length));
  });

  it('keeps breaks, NUL and separators of lines inside of the data', async () => {
    const prompt = 'a\r\nb\n\nid: 99\n\0c\u2028d\u2029e';
    const { id } = await world.pipeline.create(settingsFor(1, { prompt }));
    const reply = await stream(id);
    const reader = await readUntil(reply.body!, '"project.created"');
    await reader.cancel();
    const page = await world.json<{ items: ProjectEvent[] }>(`/projects/${id}/events`);
    expect(page.items[0]!.body).toMatchObject({ settings: { prompt } });
  });

  it('shows no handle of a provider and no owner of a run', async () => {
    const text = await (await stream(film.id)).text();
    const types = new Set(eventsIn(text).map(({ type }) => type));
    expect(types).toContain('call.submitted');
    expect(text).not.toMatch(/"(handle|owner)":/);
  });

  it('tells of progress without an id', async () => {
    const { id } = await world.pipeline.create(settingsFor(1));
    const reply = await stream(id);
    await world.pipeline.run(id);
    const ticks = (await reply.text()).split('\n\n').filter((frame) => frame.startsWith('event: progress'));
    for (const tick of ticks) expect(tick).not.toContain('\nid:');
  });
});

it('pages of JSON have the same events', async () => {
  const all: number[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: { items: ProjectEvent[]; next: number | null } = await world.json(
      `/projects/${film.id}/events?limit=3&after=${after}`,
    );
    expect(page.items.length).toBeLessThanOrEqual(3);
    all.push(...seqs(page.items));
    after = page.next;
  }
  expect(all).toEqual(upTo(film.seq));
  expect(await world.json(`/projects/${film.id}/events?after=${film.seq}`)).toEqual({ items: [], next: null });
});

describe('a client that does not read', () => {
  it('makes the log be read no further, and is cut off', async () => {
    let read = 0;
    const inner = memoryEvents();
    const counted = async function* (id: string, after?: number): AsyncGenerator<StoredEvent> {
      for await (const event of inner.read(id, after)) {
        read += 1;
        yield event;
      }
    };
    const events = withMembers(inner, { read: (id, after) => counted(id, after) });
    const other = new HttpWorld({ limits: { heartbeatMs: 20, stallMs: 60, streams: 1 } }, { events });
    const made = await other.film(20);
    const before = read;
    const reply = await stream(made.id, {}, '', other);
    await expect.poll(() => other.logged.join()).toContain('an event stream was cut off');
    expect([made.seq > 80, read - before < 8]).toEqual([true, true]);
    await expect(reply.text()).rejects.toThrow('stopped reading');
    const free = await stream(made.id, {}, '', other);
    expect(seqs(eventsIn(await free.text()))).toEqual(upTo(made.seq));
    await other.pipeline.close();
  });
});

describe('a quiet stream', () => {
  it('says that it lives, and ends with the handler', async () => {
    const over = new AbortController();
    const other = new HttpWorld({ limits: { heartbeatMs: 5 }, signal: over.signal });
    const { id } = await other.pipeline.create(settingsFor(1));
    const reply = await stream(id, {}, '', other);
    const reader = await readUntil(reply.body!, ': still here\n\n: still here');
    over.abort();
    for (;;) if ((await reader.read()).done) break;
    expect(await (await stream(id, {}, '', other)).text()).not.toContain('id:');
    await other.pipeline.close();
  });

  it('is one of so many of a project, and of all', async () => {
    const other = new HttpWorld({ limits: { streams: 3, streamsPerProject: 2 } });
    const [one, two] = [await other.pipeline.create(settingsFor(1)), await other.pipeline.create(settingsFor(1))];
    const open = async (id: string) => stream(id, {}, '', other);
    const first = await open(one.id);
    await open(one.id);
    const third = await open(one.id);
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await other.ask(`/projects/${two.id}/events`, { method: 'HEAD', headers: STREAM })).status).toBe(200);
    expect((await open(two.id)).status).toBe(200);
    expect((await open(two.id)).status).toBe(503);
    await first.body!.cancel();
    await first.body!.cancel();
    expect([(await open(two.id)).status, (await open(two.id)).status]).toEqual([200, 503]);
    await other.pipeline.close();
  });
});
