// What a user can get wrong, and what Google can answer: an error that names what to change, before money is spent where that can be.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  InvalidSettingsError,
  Pipeline,
  type ProjectSettings,
  type Reference,
  type RunResult,
  UnknownModelError,
} from 'vidpipe';
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { loopbackGoogle, type LoopbackGoogle, type ScriptedFault } from 'vidpipe/testing';
import { encodePng } from '../../../providers/simulated/png.ts';
import { datedClock } from '../../support/dated-clock.ts';
import { storyboardOf } from '../../support/world.ts';
import { billed } from '../../testing/google/support.ts';

/** Waits between tries take a twentieth of their time. */
const clock = datedClock(20);
let dir: string;
let fake: LoopbackGoogle;
beforeEach(async () => {
  for (const name of ['GOOGLE_CLOUD_PROJECT', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']) vi.stubEnv(name, undefined);
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-google-input-'));
  fake = await loopbackGoogle({ dir: join(dir, 'google'), clock, speed: 100, scale: 8 });
});
afterEach(async () => {
  await fake.close();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

const VEO = 'veo-3.1-generate-001';
const OMNI = 'gemini-omni-1.1-flash';
const times = { requestDeadlineMs: 120_000, typicalMs: 1_000, pollMs: 1_000 };
const models = { [VEO]: { times }, [OMNI]: { times } };

type Setup = () => GoogleOptions;
const vertex =
  (more: GoogleOptions['vertex'] = {}): Setup =>
  () => ({ ...fake.vertex(), vertex: { ...fake.vertex().vertex, ...more } });
const keyed: Setup = () => fake.developer();

function open(setup: Setup): Pipeline {
  return new Pipeline({
    providers: [google({ ...setup(), models })],
    events: memoryEvents({ now: () => clock.now() }),
    assets: memoryAssets(),
    workDir: join(dir, 'work'),
    clock,
  });
}

/** A film of one scene that needs no writer. */
const settingsFor = (more: Partial<ProjectSettings>): ProjectSettings => ({
  prompt: 'A fox',
  storyboard: storyboardOf(1),
  clipDuration: 4,
  seed: 1,
  ...more,
});
const references = (count: number, image: string | Uint8Array = '/nowhere.png'): readonly Reference[] =>
  Array.from({ length: count }, (_, index) => ({ name: `r${index}`, kind: 'character', image }));

describe('a wish that can not be had is refused at creation, and nothing is sent', () => {
  it.each<[string, Setup, Partial<ProjectSettings>, new (...given: never[]) => Error, RegExp]>([
    [
      'a retired model',
      vertex(),
      { models: { image: 'google:imagen-4.0-generate-001' } },
      InvalidSettingsError,
      /models\.image: .*is retired \(2026-08-17\); use google:gemini-nano-banana-2\.1/,
    ],
    [
      'a model that is retired on this service',
      keyed,
      { models: { image: 'google:gemini-2.5-flash-image' } },
      InvalidSettingsError,
      /is retired \(2026-10-02\); use google:gemini-nano-banana-2\.1/,
    ],
    [
      'a misspelt model',
      vertex(),
      { models: { video: 'google:veo-3.1-genrate-001' } },
      UnknownModelError,
      /Did you mean google:veo-3\.1-generate-001\?/,
    ],
    [
      'a model of Vertex, with a key',
      keyed,
      { models: { video: `google:${VEO}` } },
      UnknownModelError,
      /Vertex has it: google\(\{ vertex: \{ project \} \}\)/,
    ],
    [
      'scenes that can not be as long as the film',
      vertex(),
      { duration: 24 },
      InvalidSettingsError,
      /duration: 1 scenes of 4, 6, 8 s can not make 24 s/,
    ],
    ['a ratio', vertex(), { ratio: '4:3' as never }, InvalidSettingsError, /ratio: .*"16:9"\|"9:16"/],
    [
      'a resolution',
      vertex(),
      { resolution: '4k', models: { video: 'google:veo-3.1-lite-generate-001' } },
      InvalidSettingsError,
      /resolution: google:veo-3\.1-lite-generate-001 makes 720p, 1080p, not 4k/,
    ],
    [
      'more references than the model takes',
      vertex(),
      { references: references(4), models: { image: 'google:gemini-2.5-flash-image' } },
      InvalidSettingsError,
      /references: google:gemini-2\.5-flash-image takes 3 pictures, got 4/,
    ],
    [
      'an option of Vertex, with a key',
      keyed,
      { options: { google: { personGeneration: 'dont_allow' } } },
      InvalidSettingsError,
      /options\.google: personGeneration: only models on Vertex take it; give google\(\{ vertex \}\)/,
    ],
  ])('%s', async (_, setup, settings, type, message) => {
    await using pipeline = open(setup);
    const refused = pipeline.create(settingsFor(settings));
    await expect(refused).rejects.toThrow(type);
    await expect(refused).rejects.toThrow(message);
    expect(fake.requests()).toEqual([]);
  });

  it('but a length of clips that is near one of the model is adapted, with a warning', async () => {
    await using pipeline = open(vertex());
    const { warnings } = await pipeline.create(settingsFor({ clipDuration: 15 }));
    expect(warnings).toMatchObject([{ code: 'adapted', message: expect.stringMatching(/4, 6, 8 s; 8 s is used/) }]);
  });
});

async function run(setup: Setup, settings: Partial<ProjectSettings> = {}): Promise<RunResult> {
  await using pipeline = open(setup);
  const { id } = await pipeline.create(settingsFor(settings));
  return await pipeline.run(id);
}

const always = (fault: ScriptedFault['fault'], on: ScriptedFault['on']): ScriptedFault[] =>
  on === undefined ? [] : [{ fault, on, times: 99 }];

describe('a set-up that Google does not take ends the run, with the option or variable, and costs nothing', () => {
  it.each<[string, Setup, ScriptedFault[], string, number, RegExp]>([
    [
      'no project',
      () => ({ vertex: { bucket: 'films' }, baseUrls: fake.vertex().baseUrls }),
      [],
      'invalid-request',
      0,
      /vertex\.project: .*GOOGLE_CLOUD_PROJECT/,
    ],
    ['no key', () => ({ baseUrls: fake.developer().baseUrls }), [], 'auth', 0, /apiKey of google\(\).*GEMINI_API_KEY/],
    [
      'a wrong key',
      () => ({ ...fake.developer(), apiKey: 'not-the-key' }),
      [],
      'auth',
      1,
      /Check the key: .*GEMINI_API_KEY/,
    ],
    [
      'a wrong key of Vertex',
      vertex({ apiKey: 'not-the-key' }),
      [],
      'auth',
      1,
      /Check the key: .*vertex: \{ apiKey \}/,
    ],
    [
      'a project of somebody else',
      vertex({ project: 'other' }),
      [],
      'auth',
      1,
      /projects\/other.*vertex\.project.*aiplatform\.user/,
    ],
    [
      '401',
      vertex(),
      always('unauthenticated', 'image'),
      'auth',
      1,
      /vertex\.credentials, .*GOOGLE_APPLICATION_CREDENTIALS/,
    ],
    [
      '403',
      vertex(),
      always('forbidden', 'image'),
      'auth',
      1,
      /Check vertex\.project or the key.*roles\/aiplatform\.user/,
    ],
    [
      'a model that is gone',
      vertex(),
      always('retired', 'image'),
      'invalid-request',
      1,
      /no longer available.*choose another/,
    ],
    [
      'an address that is not Google',
      () => ({ ...fake.vertex(), baseUrls: { vertex: `${fake.url}/elsewhere` } }),
      [],
      'invalid-request',
      1,
      /Google answered 404: .*check vertex\.location and baseUrls/,
    ],
  ])('%s', async (_, setup, script, code, requests, message) => {
    fake.script(script);
    const result = await run(setup);
    expect(result).toMatchObject({ status: 'failed', error: { code, message: expect.stringMatching(message) } });
    expect(JSON.stringify(result)).not.toContain('not-the-key');
    expect(fake.requests()).toHaveLength(requests);
    expect(await billed(fake)).toBe(0);
    expect(result.project.money).toEqual({ charged: 0, held: 0, unknown: 0, superseded: 0 });
  });

  it('a quota that stays used up is waited for, and costs nothing', async () => {
    fake.script(always('quota', 'image'));
    await using pipeline = open(vertex());
    const told: string[] = [];
    pipeline.on('call.rejected', ({ body }) => told.push(body.reason));
    const { id } = await pipeline.create(settingsFor({}));
    const result = await pipeline.run(id);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'provider' } });
    expect(told.join('\n')).toMatch(/Quota exceeded.*ask for more quota, or lower limits\.concurrency/);
    expect(await billed(fake)).toBe(0);
    expect(result.project.money).toEqual({ charged: 0, held: 0, unknown: 0, superseded: 0 });
  });

  it('a quota that is used up for a moment is waited for', async () => {
    fake.script([{ fault: 'quota', on: 'veo', times: 2 }]);
    const result = await run(vertex());
    expect(result.status).toBe('completed');
    expect(result.project.money).toEqual({ charged: await billed(fake), held: 0, unknown: 0, superseded: 0 });
  });

  it('a region without the model is told by its name; the stills are kept', async () => {
    const result = await run(vertex({ location: 'europe-west4' }));
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'invalid-request', message: expect.stringMatching(/europe-west4.*Check .*vertex\.location/) },
    });
    expect(result.project.money).toEqual({ charged: await billed(fake), held: 0, unknown: 0, superseded: 0 });
  });

  it('pictures that are too large for a request are not sent', async () => {
    const noise = encodePng(2400, 2400, randomBytes(2400 * 2400 * 3));
    const result = await run(vertex(), { references: references(1, noise) });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'invalid-request', message: expect.stringMatching(/was not sent: .* MB.*fewer references/) },
    });
    expect(fake.requests()).toEqual([]);
  });
});

describe('an answer that tells nothing', () => {
  it('a web page in place of a reply may hide a bill: the policy decides, and the page is named', async () => {
    fake.script(always('unavailable', 'image'));
    const result = await run(vertex(), { onUnknown: { image: 'fail' } });
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        code: 'unknown-outcome',
        message: expect.stringMatching(/Google answered 503: a web page \(503 Service Unavailable\)/),
      },
    });
    expect(fake.requests()).toHaveLength(1);
  });

  it.each<[string, Setup, 'veo' | 'omni', RegExp]>([
    [
      'of Veo, with a bucket',
      vertex(),
      'veo',
      /operations\/.* was not found\. Google keeps it no more.*vertex\.project/,
    ],
    ['of Omni', keyed, 'omni', /Invalid interaction name.*Google keeps it no more.*apiKey/],
  ])('a lost operation %s is billed once, and not bought again unasked', async (_, setup, on, message) => {
    fake.script(always('lost', on));
    const result = await run(setup, { onUnknown: { video: 'fail' } });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'unknown-outcome', message: expect.stringMatching(message) },
    });
    const clips = (await fake.bills()).filter(({ usage }) => usage.seconds !== undefined);
    expect(clips).toHaveLength(1);
    const { charged, held, unknown } = result.project.money;
    expect([charged + unknown, held]).toEqual([await billed(fake), 0]);
  });
});
