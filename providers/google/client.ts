import { AsyncLocalStorage } from 'node:async_hooks';
import type { GoogleGenAI } from '@google/genai';
import { InvalidSettingsError } from 'vidpipe';
import { type Blocked, type CallOptions, ProviderError } from 'vidpipe/provider';
import { type Auth, credentialAuth, keyAuth } from './auth.ts';
import type { SurfaceName } from './catalogue/index.ts';
import { replyFailure, requestFailure } from './errors.ts';
import type { GoogleOptions } from './options.ts';
import { loaded } from './sdk.ts';

/** Where a request goes. `location` is empty on the Developer API. */
export interface Place {
  readonly surface: SurfaceName;
  readonly location: string;
}

/** A model at its place, by Google's id of it. */
export interface Target extends Place {
  readonly model: string;
}

/** Google's services, reached at the first call. */
export interface Connection {
  /**
   * Makes one request through the SDK, whatever the SDK would like: a second one in the same call is refused. Throws `ProviderError`; a refusal
   * by a content filter is an answer. `look` is for requests that bill nothing: what they do not find is `lost`.
   */
  send<T>(
    place: Place,
    call: CallOptions,
    request: (ai: GoogleGenAI) => Promise<T>,
    look?: 'look',
  ): Promise<T | Blocked>;
  /** Headers that sign a request of the surface, Cloud Storage's included. Throws `ProviderError`, never accepted. */
  headers(surface: SurfaceName): Promise<Readonly<Record<string, string>>>;
  /** Origin and path of Cloud Storage, without a slash at the end. */
  readonly storage: string;
}

interface Sending {
  readonly call: CallOptions;
  readonly signature: Readonly<Record<string, string>>;
  readonly look: boolean;
  sent: boolean;
  failure?: ProviderError | Blocked;
}

const sendings = new AsyncLocalStorage<Sending>();

/** Headers of a request, signed by us: the SDK is given no secret. */
function signedHeaders(input: Parameters<typeof fetch>[0], init: RequestInit | undefined, sending: Sending): Headers {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
  headers.delete('x-goog-api-key');
  for (const [name, value] of Object.entries(sending.signature)) headers.set(name, value);
  return headers;
}

/** The `fetch` of all clients: that of the call which is being made, once, ended by the call's signal. No redirect may carry a key elsewhere. */
const oneRequest: typeof fetch = async (input, init) => {
  const sending = sendings.getStore();
  if (sending === undefined || sending.sent) throw new Error('The SDK wanted to send a request of its own.');
  sending.sent = true;
  const { call, look } = sending;
  const headers = signedHeaders(input, init, sending);
  const sealed: RequestInit = { ...init, headers, signal: call.signal, redirect: 'manual' };
  const response = await call.fetch(input, sealed).catch((error: unknown) => {
    throw (sending.failure = requestFailure(error, true));
  });
  if (response.ok) return response;
  sending.failure = await replyFailure(response, look);
  throw new Error(`status ${response.status}`);
};

async function answer<T>(sending: Sending, request: () => Promise<T>): Promise<T | Blocked> {
  try {
    return await sendings.run(sending, request);
  } catch (error) {
    const { failure = requestFailure(error, sending.sent) } = sending;
    if (failure instanceof ProviderError) throw failure;
    return failure;
  }
}

const trimmed = (url: string): string => url.replace(/\/+$/, '');

function vertexHost(location: string): string {
  if (location === 'global' || location === '') return 'https://aiplatform.googleapis.com';
  const multi = location === 'us' || location === 'eu';
  return multi ? `https://aiplatform.${location}.rep.googleapis.com` : `https://${location}-aiplatform.googleapis.com`;
}

function projectOf({ project, apiKey }: NonNullable<GoogleOptions['vertex']>): string | undefined {
  const found = project ?? (apiKey === undefined ? process.env['GOOGLE_CLOUD_PROJECT']?.trim() : undefined);
  if (found !== undefined && found !== '') return found;
  if (apiKey !== undefined) return undefined;
  throw new InvalidSettingsError({
    issues: [
      'vertex.project: give google({ vertex: { project } }) or set the environment variable GOOGLE_CLOUD_PROJECT',
    ],
  });
}

type Settings = ConstructorParameters<typeof GoogleGenAI>[0];

/** With a key of any kind the SDK looks for no credentials of its own. Everything is said, so that it takes nothing from the environment. */
const UNSIGNED = { apiKey: 'signed-by-vidpipe' };

function vertexClient({ vertex = {}, baseUrls = {} }: GoogleOptions, location: string): Settings {
  const project = projectOf(vertex);
  const host = vertexHost(project === undefined ? '' : location);
  return {
    ...UNSIGNED,
    enterprise: true,
    ...(project === undefined ? {} : { project, location }),
    apiVersion: 'v1beta1',
    httpOptions: { baseUrl: trimmed(baseUrls.vertex ?? host), fetch: oneRequest },
  };
}

/** Asked at v1beta: v1 lacks some models. */
function developerClient({ baseUrls = {} }: GoogleOptions): Settings {
  const baseUrl = trimmed(baseUrls.developer ?? 'https://generativelanguage.googleapis.com');
  return { ...UNSIGNED, enterprise: false, apiVersion: 'v1beta', httpOptions: { baseUrl, fetch: oneRequest } };
}

/** Prepares the way to Google's services; nothing is read, loaded or opened. */
export function connect(options: GoogleOptions): Connection {
  const { vertex = {}, apiKey, baseUrls = {} } = options;
  const auths: Readonly<Record<SurfaceName, Auth>> = {
    vertex: vertex.apiKey === undefined ? credentialAuth(vertex) : keyAuth(vertex.apiKey, 'vertex.apiKey', []),
    developer: keyAuth(apiKey, 'apiKey of google()', ['GEMINI_API_KEY', 'GOOGLE_API_KEY']),
  };
  const clients = new Map<string, GoogleGenAI>();
  const clientAt = async ({ surface, location }: Place): Promise<GoogleGenAI> => {
    const at = `${surface} ${location}`;
    const known = clients.get(at);
    if (known !== undefined) return known;
    const settings = surface === 'vertex' ? vertexClient(options, location) : developerClient(options);
    const { GoogleGenAI } = await loaded('@google/genai', () => import('@google/genai'));
    const client = new GoogleGenAI(settings);
    clients.set(at, client);
    return client;
  };
  return {
    send: async (place, call, request, look) => {
      const ai = await clientAt(place);
      const signature = await auths[place.surface]();
      return answer({ call, signature, look: look !== undefined, sent: false }, () => request(ai));
    },
    headers: (surface) => auths[surface](),
    storage: trimmed(baseUrls.storage ?? 'https://storage.googleapis.com'),
  };
}
