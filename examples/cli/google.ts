import { InvalidSettingsError, type Provider } from 'vidpipe';
import { google, type GoogleModel, googleModels, type GoogleOptions } from 'vidpipe/providers/google';
import { UsageError } from './options.ts';

/** Options of `google`, each with its variable. */
const VARIABLES = {
  'vertex.project': 'GOOGLE_CLOUD_PROJECT',
  'vertex.location': 'GOOGLE_CLOUD_LOCATION',
  'vertex.bucket': 'GOOGLE_CLOUD_BUCKET',
  'vertex.apiKey': 'GOOGLE_CLOUD_API_KEY',
  apiKey: 'GEMINI_API_KEY',
  baseUrls: 'VIDPIPE_GOOGLE_URL',
} as const;

const read = (option: keyof typeof VARIABLES): string | undefined =>
  process.env[VARIABLES[option]]?.trim() || undefined;

function given(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  );
}

/** With a project Vertex, else the Developer API. Throws `UsageError` where there is neither a project nor a key. */
function surfaceOf(): GoogleOptions {
  const project = read('vertex.project');
  if (project !== undefined) {
    const [location, bucket, apiKey] = [read('vertex.location'), read('vertex.bucket'), read('vertex.apiKey')];
    return { vertex: { project, ...given({ location, bucket, apiKey }) } };
  }
  const apiKey = read('apiKey');
  if (apiKey === undefined)
    throw new UsageError('--provider google: set GOOGLE_CLOUD_PROJECT (Vertex) or GEMINI_API_KEY (Developer API)');
  return { apiKey };
}

/** A fake's address, and clips that are looked at as often as it is faster than life. */
function fakeOf(speed: number): Pick<GoogleOptions, 'baseUrls' | 'models'> {
  const url = read('baseUrls');
  if (url === undefined) return {};
  const faster = (ms = 0): number => Math.ceil(ms / speed);
  const models: Record<string, Partial<GoogleModel>> = {};
  for (const [id, { kind, times }] of Object.entries(googleModels))
    if (kind === 'video')
      models[id] = { times: { ...times, typicalMs: faster(times?.typicalMs), pollMs: faster(times?.pollMs) } };
  return { baseUrls: { vertex: url, developer: url, storage: url }, models };
}

function variableLine(issue: string): string {
  const found = Object.entries(VARIABLES).find(([option]) => issue.startsWith(option));
  return found === undefined ? issue : `${found[1]}: ${issue.slice(issue.indexOf(': ') + 2)}`;
}

/** Google's models, set up by the environment. Throws `UsageError` that names the variable. */
export function googleProvider(speed: number): Provider {
  try {
    return google({ ...surfaceOf(), ...fakeOf(speed) });
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    const issues = (error.details['issues'] as readonly string[]).map(variableLine);
    throw new UsageError(`--provider google: ${[...new Set(issues)].join('; ')}`, { cause: error });
  }
}
