// Films by Google's models from the command line, against a loopback Google in a process of its own.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EXITS } from '../../examples/cli/help.ts';
import { readBills } from '../support/bills.ts';
import { remoteLoopback, type RemoteLoopback } from '../support/loopback.ts';
import { probeFilm } from '../support/probe.ts';

const main = join(import.meta.dirname, '../../examples/cli/main.ts');

let dir = '';
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-cli-google-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Ended {
  readonly exit: number | null;
  readonly said: string;
  readonly warned: string;
}

/** Runs the command line with no other variables than those that find programs. */
async function run(variables: Readonly<Record<string, string>>, ...argv: string[]): Promise<Ended> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, ...argv, '--provider', 'google', '--out', join(dir, 'out')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, ...variables },
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const [said, warned] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { exit: child.exitCode, said, warned };
}

const film = ['generate', 'a fox finds a letter', '--duration', '4', '--clip-duration', '4', '--seed', '7', '--yes'];
const fast = ['--speed', '600'];

const onVertex = ({ url, vertex: { vertex } }: RemoteLoopback): Record<string, string> => ({
  VIDPIPE_GOOGLE_URL: url,
  GOOGLE_CLOUD_PROJECT: vertex.project,
  GOOGLE_CLOUD_LOCATION: vertex.location,
  GOOGLE_CLOUD_API_KEY: vertex.apiKey,
});

const WAYS: Readonly<Record<string, readonly [string, (remote: RemoteLoopback) => Record<string, string>]>> = {
  'Vertex with a bucket': [
    'veo-3.1-generate-001',
    (remote) => ({ ...onVertex(remote), GOOGLE_CLOUD_BUCKET: remote.vertex.vertex.bucket }),
  ],
  'Vertex inline': ['veo-3.1-generate-001', onVertex],
  'an API key': [
    'gemini-omni-1.1-flash',
    ({ url, developer: { apiKey } }) => ({ VIDPIPE_GOOGLE_URL: url, GEMINI_API_KEY: apiKey }),
  ],
};

it.each(Object.entries(WAYS))(
  'makes a film by way of %s, and tells what Google bills',
  async (_, [video, variables]) => {
    const remote = await remoteLoopback({ dir: join(dir, 'google'), speed: 600, scale: 4 });
    const { exit, said, warned } = await run(variables(remote), ...film, ...fast, '--json');
    expect([exit, warned]).toEqual([EXITS.done, expect.not.stringContaining('failed')]);
    const result = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as {
      readonly status: string;
      readonly film: string;
      readonly money: object;
    };
    const bills = readBills(join(dir, 'google'));
    expect(bills.map(({ model }) => model)).toContain(video);
    expect(bills).toHaveLength(1 + 2 + 1);
    const billed = bills.reduce((sum, { microUsd }) => sum + microUsd, 0);
    expect(result).toMatchObject({ status: 'completed', money: { charged: billed, held: 0, unknown: 0 } });
    expect(probeFilm(result.film).codecs).toEqual(['h264', 'aac']);
    expect(said + warned).not.toContain(remote.developer.apiKey);
  },
);

const KEY = { GEMINI_API_KEY: 'some-developer-key' };
const NOWHERE = 'http://127.0.0.1:9';

it.each([
  [{}, /set GOOGLE_CLOUD_PROJECT \(Vertex\) or GEMINI_API_KEY/],
  [{ GOOGLE_CLOUD_PROJECT: ' ' }, /set GOOGLE_CLOUD_PROJECT/],
  [{ GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_BUCKET: 'gs://films' }, /GOOGLE_CLOUD_BUCKET: expected the name/],
  [{ GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'US Central' }, /GOOGLE_CLOUD_LOCATION: expected a region/],
  [{ ...KEY, VIDPIPE_GOOGLE_URL: '127.0.0.1:9' }, /VIDPIPE_GOOGLE_URL: expected an http or https address/],
])('refuses %j in one line that names the variable', async (variables, reason) => {
  const { exit, warned } = await run({ VIDPIPE_GOOGLE_URL: NOWHERE, ...variables }, ...film);
  expect(exit).toBe(EXITS.usage);
  expect(warned).toMatch(/^vidpipe: --provider google: .+\n$/);
  expect(warned).toMatch(reason);
  expect(existsSync(join(dir, 'out'))).toBe(false);
});

it('fails in one line that names the key where Google does not know it, and makes the film with the right one', async () => {
  const remote = await remoteLoopback({ dir: join(dir, 'google'), speed: 600, scale: 4 });
  const at = { VIDPIPE_GOOGLE_URL: remote.url };
  const wrong = await run({ ...KEY, ...at }, ...film, ...fast);
  expect(wrong.exit).toBe(EXITS.failed);
  expect(wrong.warned).toMatch(/^failed: .*Google answered 400 .*GEMINI_API_KEY.*\n$/);
  expect(wrong.warned).not.toContain(KEY.GEMINI_API_KEY);
  const [, id = ''] = /resume (\S+)/.exec(wrong.said) ?? [];
  expect(wrong.said).toContain('--provider google');
  expect(readBills(join(dir, 'google'))).toEqual([]);
  const right = await run({ ...at, GEMINI_API_KEY: remote.developer.apiKey }, 'resume', id, ...fast);
  expect([right.exit, right.warned]).toEqual([EXITS.done, '']);
});
