import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { GenerateVideosOperation, GoogleGenAI } from '@google/genai';
import { describe, expect, it } from 'vitest';
import type { LoopbackOptions, ScriptedFault } from 'vidpipe/testing';
import { readBills } from '../../support/bills.ts';
import { remoteLoopback } from '../../support/loopback.ts';
import { billed, developerAt, fake, refusal, temporary, vertexAt } from './support.ts';

const words = { model: 'gemini-3.6-flash', contents: 'hi' };
const clip = { model: 'veo-3.1-lite-generate-001', source: { prompt: 'fog' }, config: { durationSeconds: 4 } };

describe('the loopback Google', () => {
  it('knows its own key, project and bearer tokens', async () => {
    const { google } = await fake();
    const httpOptions = { baseUrl: google.url, apiVersion: 'v1beta' };
    const said = (status: number, message: RegExp) => ({ status, message: expect.stringMatching(message) as string });
    const developer = new GoogleGenAI({ vertexai: false, apiKey: 'wrong', httpOptions });
    expect(await refusal(developer.models.generateContent(words))).toMatchObject(said(400, /API key not valid/));
    const { apiKey, project, location } = google.vertex().vertex;
    const foreign = new GoogleGenAI({
      vertexai: true,
      apiKey,
      project: 'other',
      location,
      httpOptions: { baseUrl: google.url },
    });
    expect(await refusal(foreign.models.generateContent(words))).toMatchObject(said(403, /projects\/other/));
    const path = `${google.url}/v1beta1/projects/${project}/locations/global/publishers/google/models/${words.model}:generateContent`;
    const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
    const send = (headers: Record<string, string>, to = path) => fetch(to, { method: 'POST', headers, body });
    expect((await send({})).status).toBe(401);
    expect((await send({ authorization: 'Bearer abc' })).status).toBe(200);
    const unsigned = await send({}, `${google.url}/v1beta/models/${words.model}:generateContent`);
    expect([unsigned.status, JSON.stringify(await unsigned.json())]).toEqual([
      403,
      expect.stringMatching(/unregistered callers/),
    ]);
    const token = await send({}, `${google.url}/token`);
    expect(await token.json()).toMatchObject({ access_token: expect.any(String) as string, token_type: 'Bearer' });
  });

  it('takes express keys, which name no project', async () => {
    const { google } = await fake();
    const { apiKey } = google.vertex().vertex;
    const ai = new GoogleGenAI({ vertexai: true, apiKey, httpOptions: { baseUrl: google.url } });
    expect((await ai.models.generateContent(words)).text).toBe('A lighthouse stands in the fog.');
    const { name } = await ai.models.generateVideos(clip);
    expect(google.requests().map(({ path }) => path)).toEqual([
      `/v1beta1/publishers/google/models/${words.model}:generateContent`,
      `/v1beta1/publishers/google/models/${clip.model}:predictLongRunning`,
    ]);
    const operation = Object.assign(new GenerateVideosOperation(), { name });
    expect((await vertexAt(google).operations.getVideosOperation({ operation })).done).toBeUndefined();
  });

  it('answers bodies that are no JSON, and paths that it does not know', async () => {
    const { google } = await fake();
    const { apiKey } = google.developer();
    const broken = { method: 'POST', headers: { 'x-goog-api-key': apiKey }, body: '{' };
    expect((await fetch(`${google.url}/v1beta/models/${words.model}:generateContent`, broken)).status).toBe(400);
    expect(
      (await fetch(`${google.url}/v1beta/models/${words.model}:countTokens`, { ...broken, body: '{}' })).status,
    ).toBe(404);
    expect((await fetch(`${google.url}/other`)).status).toBe(404);
  });

  it('keeps the requests without their secrets', async () => {
    const { google } = await fake();
    await developerAt(google).models.generateContent(words);
    await fetch(`${google.url}/storage/v1/b/b/o?prefix=x&key=abcdef`, { headers: { authorization: 'Bearer abcdef' } });
    const [first, second] = google.requests();
    expect(first).toMatchObject({
      method: 'POST',
      path: `/v1beta/models/${words.model}:generateContent`,
      headers: { 'content-type': 'application/json', 'x-goog-api-key': '[secret]' },
      body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    });
    expect(second).toMatchObject({ path: '/storage/v1/b/b/o?prefix=x&key=[secret]', body: null });
    expect(JSON.stringify(google.requests())).not.toMatch(/abcdef|loopback-key/);
  });

  it('counts what fits a fault, by request, model and turn', async () => {
    const script: ScriptedFault[] = [
      { fault: 'internal', on: 'text', nth: 2, times: 2 },
      { fault: 'quota', model: 'gemini-4-argon' },
    ];
    const { google } = await fake({ script });
    const { models } = developerAt(google);
    const ask = async (model = words.model) =>
      models.generateContent({ ...words, model }).then(
        () => 200,
        (error: { status: number }) => error.status,
      );
    expect([await ask(), await ask('gemini-4-argon'), await ask(), await ask(), await ask('gemini-4-argon')]).toEqual([
      200, 500, 500, 200, 200,
    ]);
    google.script([{ fault: 'forbidden' }]);
    expect([await ask(), await ask()]).toEqual([403, 200]);
  });

  it('refuses faults that there are none of or that can not happen', async () => {
    const { google } = await fake();
    const unknown = { fault: 'flood' } as unknown as ScriptedFault;
    expect(() => google.script([unknown])).toThrow('no such fault: flood');
    expect(() => google.script([{ fault: 'refusal', on: 'text' }])).toThrow(
      'the fault refusal can not happen on text, only on omni',
    );
  });

  it('bills at the prices of the day, or at yours', async () => {
    const first = await fake();
    await developerAt(first.google).models.generateContent({ ...words, model: 'gemini-3.8-flash' });
    first.clock.pass(60 * 86_400_000);
    await developerAt(first.google).models.generateContent({ ...words, model: 'gemini-3.8-flash' });
    const [before, after] = (await first.google.bills()).map(({ microUsd }) => microUsd);
    const out = 120 + 8;
    expect([before, after]).toEqual([1 + out * 3.75, 2 + out * 7.5]);
    const second = await fake({ prices: { [clip.model]: [{ unit: { '720p': 7 } }] } });
    await vertexAt(second.google).models.generateVideos(clip);
    expect(await billed(second.google)).toBe(28);
  });
});

/** Starts the process form; gives the child, and the SDK at its Vertex. */
async function inProcess(
  options: LoopbackOptions,
): Promise<{ readonly child: ChildProcess; readonly ai: GoogleGenAI }> {
  const { child, vertex } = await remoteLoopback(options);
  return { child, ai: vertexAt({ vertex: () => vertex }) };
}

describe('the loopback Google in a process of its own', () => {
  it('goes on where it was after kill -9', async () => {
    const dir = temporary();
    const options = { dir, speed: 60_000, scale: 8 };
    const first = await inProcess(options);
    const { name } = await first.ai.models.generateVideos(clip);
    const gone = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await gone;
    const second = await inProcess(options);
    const operation = Object.assign(new GenerateVideosOperation(), { name });
    let done = await second.ai.operations.getVideosOperation({ operation });
    while (done.done !== true) done = await second.ai.operations.getVideosOperation({ operation });
    expect(done.response?.generatedVideos?.[0]?.video?.videoBytes?.length).toBeGreaterThan(1000);
    expect(readBills(dir).map(({ model, microUsd }) => [model, microUsd])).toEqual([[clip.model, 200_000]]);
    const ended = once(second.child, 'exit');
    second.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
