import { readFileSync } from 'node:fs';
import nock from 'nock';
import { afterEach, beforeEach } from 'vitest';
import type {
  CallOptions,
  ImageInput,
  ImageModel,
  ImageRequest,
  Provider,
  TextModel,
  TextRequest,
} from 'vidpipe/provider';

/** Lets no test of a file reach the network. */
export function offline(): void {
  beforeEach(() => nock.disableNetConnect());
  afterEach(() => {
    nock.cleanAll();
    nock.enableNetConnect();
  });
}

/** A request as Google must see it, typed by hand from its documents. */
export interface Wire {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

export function wire(name: string): Wire {
  return JSON.parse(readFileSync(new URL(`wire/${name}.json`, import.meta.url), 'utf8')) as Wire;
}

/** One request that a fake Google got. */
export interface Got extends Wire {
  readonly headers: Readonly<Record<string, string>>;
}

type Answer = readonly [status: number, body?: unknown, headers?: Record<string, string>];

/** Answers every request to a host, as often as it is asked, and keeps what it got. */
export function fakeGoogle(origin: string, answer: () => Answer | Promise<Answer>): Got[] {
  const got: Got[] = [];
  nock(origin)
    .persist()
    .post(/.*/)
    .reply(async (request: Request) => {
      const { method, url, headers } = request;
      got.push({ method, url, headers: Object.fromEntries(headers), body: await request.json() });
      const [status, body, more = {}] = await answer();
      return [
        status,
        body as never,
        { ...(typeof body === 'string' ? {} : { 'content-type': 'application/json' }), ...more },
      ];
    });
  return got;
}

export const GLOBAL = 'https://aiplatform.googleapis.com';
export const REGION = 'https://us-central1-aiplatform.googleapis.com';
export const DEVELOPER = 'https://generativelanguage.googleapis.com';

export function callOptions(signal = AbortSignal.timeout(20_000)): CallOptions {
  return { callId: 'p.1', signal, fetch };
}

const words: TextRequest = {
  system: 'You direct.',
  prompt: 'A storyboard of a heron.',
  schema: { type: 'object' },
  temperature: 0.7,
};
const still: ImageRequest = { prompt: 'A heron at dawn.', ratio: '16:9', width: 1280, height: 720, images: [] };

export function picture(bytes: readonly number[], fields: Partial<ImageInput> & Pick<ImageInput, 'role'>): ImageInput {
  return {
    bytes: Uint8Array.from(bytes),
    mediaType: 'image/png',
    digest: 'sha256-00',
    ...fields,
  };
}

export function write(
  provider: Provider,
  request: Partial<TextRequest> = {},
  call = callOptions(),
): ReturnType<TextModel['generate']> {
  return (provider.model('gemini-3.8-flash') as TextModel).generate({ ...words, ...request }, call);
}

export function draw(
  provider: Provider,
  request: Partial<ImageRequest> = {},
  model = 'gemini-nano-banana-2.1',
  call = callOptions(),
): ReturnType<ImageModel['generate']> {
  return (provider.model(model) as ImageModel).generate({ ...still, ...request }, call);
}
