import { fetchError, type ProviderError, readKey, replyError } from 'vidpipe/provider';
import type { ModelFaultKind } from './faults.ts';
import { SECRETS } from './secrets.ts';

/** The key as a provider reads it: what repeats it is to be hidden. */
export function key(): string {
  return readKey({ value: SECRETS.key, option: 'world({ key })', variable: 'WORLD_KEY' });
}

function answered(status: number, headers: Readonly<Record<string, string>> = {}): Promise<ProviderError> {
  return replyError(new Response(`as planned, with ?key=${key()} and Bearer ${SECRETS.token}`, { status, headers }));
}

/** A connection that fails before the request is sent (`ECONNREFUSED`), or breaks while the answer is awaited (`ECONNRESET`). */
function broken(code: 'ECONNREFUSED' | 'ECONNRESET'): ProviderError {
  return fetchError(Object.assign(new Error(`https://api.world.test/?key=${key()}`), { code }));
}

/** Submissions that are not taken, and what their sender is told. */
const REFUSALS: Readonly<Partial<Record<ModelFaultKind, () => ProviderError | Promise<ProviderError>>>> = {
  'not-connected': () => broken('ECONNREFUSED'),
  'rate-limited': () => answered(429, { 'retry-after': '0.7' }),
  'rate-limited-bare': () => answered(429),
  refused: () => answered(400),
  'error-not-taken': () => answered(500),
  'reset-not-taken': () => broken('ECONNRESET'),
};

/** Submissions that are taken, and whose sender is told something else. */
const LOSSES: Readonly<Partial<Record<ModelFaultKind, () => ProviderError | Promise<ProviderError>>>> = {
  'error-taken': () => answered(503),
  'reset-taken': () => broken('ECONNRESET'),
};

/** Throws for what is not taken. */
export async function turnAway(fault: ModelFaultKind | null): Promise<void> {
  const refusal = fault === null ? undefined : REFUSALS[fault];
  if (refusal !== undefined) throw await refusal();
}

/** Throws for what is taken and answered otherwise. */
export async function loseAnswer(fault: ModelFaultKind | null): Promise<void> {
  const loss = fault === null ? undefined : LOSSES[fault];
  if (loss !== undefined) throw await loss();
}

/** A look that the service answers with an error. */
export function failedLook(): Promise<ProviderError> {
  return answered(503);
}
