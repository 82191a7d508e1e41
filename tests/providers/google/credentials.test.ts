import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import { connect } from '../../../providers/google/client.ts';
import { loaded } from '../../../providers/google/sdk.ts';
import { DEVELOPER, fakeGoogle, GLOBAL, type Got, write, offline } from './requests.ts';

const ENVIRONMENT = [
  'GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION', 'GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_ENTERPRISE',
  'GOOGLE_GENAI_API_VERSION', 'GOOGLE_VERTEX_BASE_URL', 'GOOGLE_GEMINI_BASE_URL', 'GOOGLE_APPLICATION_CREDENTIALS',
]; // prettier-ignore

offline();
beforeEach(() => {
  for (const name of ENVIRONMENT) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const credentials = { clientEmail: 'film@proj.iam.gserviceaccount.com', privateKey };
const TOKEN = 'ya29.canary-token-0123456789';
const OAUTH = 'https://oauth2.googleapis.com';
const done = { candidates: [{ content: { parts: [{ text: '{}' }] }, finishReason: 'STOP' }] };

function tokenService(
  status = 200,
  body: object = { access_token: TOKEN, expires_in: 3600, token_type: 'Bearer' },
): { count: number } {
  const asked = { count: 0 };
  nock(OAUTH)
    .persist()
    .post('/token')
    .reply(() => {
      asked.count += 1;
      return [status, body];
    });
  return asked;
}

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
const authorization = (got: readonly Got[]) => got.map(({ headers }) => headers['authorization']);

describe('credentials on Vertex', () => {
  it('of a service account are asked for once and sign every request, those of storage too', async () => {
    const asked = tokenService();
    const got = fakeGoogle(GLOBAL, () => [200, done]);
    const options: GoogleOptions = { vertex: { project: 'proj', credentials } };
    const provider = google(options);
    await write(provider);
    await write(provider);
    expect(authorization(got)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
    expect(got[0]!.headers['x-goog-api-key']).toBeUndefined();
    expect(asked.count).toBe(1);
    expect(await connect(options).headers('vertex')).toEqual({ authorization: `Bearer ${TOKEN}` });
  });

  it('may have a key with escaped line ends, as environments hold it', async () => {
    tokenService();
    const got = fakeGoogle(GLOBAL, () => [200, done]);
    const escaped = { ...credentials, privateKey: privateKey.replaceAll('\n', '\\n') };
    await write(google({ vertex: { project: 'proj', credentials: escaped } }));
    expect(authorization(got)).toEqual([`Bearer ${TOKEN}`]);
  });

  it('may be in a file', async () => {
    tokenService();
    const got = fakeGoogle(GLOBAL, () => [200, done]);
    const dir = mkdtempSync(join(tmpdir(), 'vidpipe-'));
    const keyFile = join(dir, 'key.json');
    writeFileSync(
      keyFile,
      JSON.stringify({ type: 'service_account', client_email: credentials.clientEmail, private_key: privateKey }),
    );
    await write(google({ vertex: { project: 'proj', keyFile } }));
    expect(authorization(got)).toEqual([`Bearer ${TOKEN}`]);
    rmSync(dir, { recursive: true });
  });

  it.each([
    [400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 'auth', /Check vertex\.credentials/],
    [503, { error: 'unavailable' }, 'transient', /no access token/],
  ])('that get no token (%s) send nothing', async (status, body, kind, message) => {
    tokenService(status, body);
    const got = fakeGoogle(GLOBAL, () => [200, done]);
    const error = await thrownBy(write(google({ vertex: { project: 'proj', credentials } })));
    expect(error).toMatchObject({ kind, accepted: 'no', message: expect.stringMatching(message) as string });
    expect(got).toEqual([]);
  });

  it('that are missing name the command and the options', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/nowhere/key.json');
    const error = await thrownBy(write(google({ vertex: { project: 'proj' } })));
    expect(error).toMatchObject({
      kind: 'auth',
      accepted: 'no',
      message: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS') as string,
    });
  });

  it('that the machine has not name the command and the options', async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
    vi.stubEnv('HOME', '/nowhere');
    vi.stubEnv('CLOUDSDK_CONFIG', '/nowhere');
    const error = await thrownBy(write(google({ vertex: { project: 'proj' } })));
    expect(error).toMatchObject({
      kind: 'auth',
      accepted: 'no',
      message: expect.stringContaining('gcloud auth application-default login') as string,
    });
  });
});

describe('what is not said', () => {
  it('is the project: named before anything is sent', async () => {
    const error = await thrownBy(write(google({ vertex: { credentials } })));
    expect(error).toMatchObject({
      kind: 'invalid-request',
      accepted: 'no',
      message: expect.stringMatching(/vertex\.project.*GOOGLE_CLOUD_PROJECT/) as string,
    });
  });

  it('is the key: named before anything is sent', async () => {
    const error = await thrownBy(write(google()));
    expect(error).toMatchObject({
      kind: 'auth',
      accepted: 'no',
      message: expect.stringMatching(/apiKey.*GEMINI_API_KEY/) as string,
    });
  });

  it.each(['GEMINI_API_KEY', 'GOOGLE_API_KEY'])('is read from %s at the first use', async (name) => {
    const provider = google();
    vi.stubEnv(name, ' key-of-environment ');
    const got = fakeGoogle(DEVELOPER, () => [200, done]);
    await write(provider);
    expect(got[0]!.headers['x-goog-api-key']).toBe('key-of-environment');
  });

  it('is read from GOOGLE_CLOUD_PROJECT at the first use, and nothing else is', async () => {
    tokenService();
    const provider = google({ vertex: { credentials } });
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'proj-of-environment');
    vi.stubEnv('GOOGLE_CLOUD_LOCATION', 'mars-1');
    vi.stubEnv('GOOGLE_GENAI_API_VERSION', 'v9');
    vi.stubEnv('GOOGLE_VERTEX_BASE_URL', 'https://elsewhere.example');
    vi.stubEnv('GOOGLE_API_KEY', 'key-of-environment');
    const debug = vi.spyOn(console, 'debug');
    const got = fakeGoogle(GLOBAL, () => [200, done]);
    await write(provider);
    expect(got[0]!.url).toMatch(
      /^https:\/\/aiplatform\.googleapis\.com\/v1beta1\/projects\/proj-of-environment\/locations\/global\//,
    );
    expect(authorization(got)).toEqual([`Bearer ${TOKEN}`]);
    expect(debug).not.toHaveBeenCalled();
  });

  it('is no project with an express key', async () => {
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'proj-of-environment');
    const got = fakeGoogle(GLOBAL, () => [200, done]);
    await write(google({ vertex: { apiKey: 'key-of-express' } }));
    expect(got[0]!.url).toMatch(/\/v1beta1\/publishers\/google\/models\//);
  });
});

describe('secrets', () => {
  const KEY = 'AIza-canary-0123456789';
  const lines = privateKey.split('\n').filter((line) => line.length > 40);
  const SECRETS = [KEY, TOKEN, privateKey, ...lines];

  it.each([
    [
      'a 400 that repeats them',
      {
        status: 400,
        body: { error: { code: 400, status: 'INVALID_ARGUMENT', message: `${KEY} ${TOKEN} ${lines[3]}` } },
      },
    ],
    ['a 500 that repeats them', { status: 500, body: `<html>${KEY} Bearer ${TOKEN} ${lines[3]}</html>` }],
    ['an answer that is none', { status: 200, body: `not json: ${KEY} ${TOKEN} ${lines[3]}` }],
  ])('are not in the error of %s', async (_, { status, body }) => {
    tokenService();
    fakeGoogle(GLOBAL, () => [status, body]);
    fakeGoogle(DEVELOPER, () => [status, body]);
    const options: GoogleOptions[] = [
      { vertex: { project: 'proj', credentials } },
      { apiKey: KEY },
      { vertex: { project: 'proj', apiKey: KEY } },
    ];
    await write(google(options[1])).catch(() => undefined);
    for (const each of options) {
      const provider = google(each);
      const shown = inspect([await thrownBy(write(provider)), provider], { depth: 20, showHidden: true });
      expect(shown).toContain('ProviderError');
      expect(SECRETS.filter((secret) => shown.includes(secret))).toEqual([]);
    }
  });

  it('are not in the error of a token service that repeats them, nor in a refusal', async () => {
    tokenService(400, { error: 'invalid_grant', error_description: `${lines[3]}` });
    const shown = inspect(await thrownBy(write(google({ vertex: { project: 'proj', credentials } }))), { depth: 20 });
    expect(shown).toContain('no access token');
    expect(shown).not.toContain('assertion=ey');
    expect(SECRETS.filter((secret) => shown.includes(secret))).toEqual([]);
    const message = `The prompt could not be submitted. ${KEY} Support codes: 42876398`;
    fakeGoogle(DEVELOPER, () => [400, { error: { code: 400, status: 'INVALID_ARGUMENT', message } }]);
    const refused = await write(google({ apiKey: KEY }));
    expect(refused).toMatchObject({ state: 'blocked', reasons: [message.replace(KEY, '…')] });
  });
});

describe('a package that is missing', () => {
  it.each(['@google/genai', 'google-auth-library'])('is told with the line to install it: %s', (name) => {
    const script = `
      import { registerHooks } from 'node:module';
      const gone = (name) => Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
      registerHooks({
        resolve: (name, context, next) => {
          if (name === '${name}' && !context.parentURL.includes('@google/genai')) throw gone(name);
          return next(name, context);
        },
      });
      const { google } = await import('vidpipe/providers/google');
      const provider = google({ vertex: { project: 'proj' } });
      const request = { system: 's', prompt: 'p', schema: {}, temperature: 1 };
      const call = { callId: 'c', signal: AbortSignal.timeout(9000), fetch };
      const error = await provider.model(provider.catalogue[0].id).generate(request, call).catch((thrown) => thrown);
      console.log(JSON.stringify([error.kind, error.accepted, error.message]));
    `;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: {} });
    const message = `${name} is not installed. Run: npm install @google/genai google-auth-library`;
    expect(JSON.parse(out)).toEqual(['invalid-request', 'no', message]);
  });

  it('is another thing than one that is broken', async () => {
    const error = await thrownBy(loaded('@google/genai', () => Promise.reject(new SyntaxError('broken'))));
    expect(error).toMatchObject({ accepted: 'no', message: '@google/genai could not be loaded: SyntaxError: broken' });
  });
});
