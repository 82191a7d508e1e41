import { InvalidSettingsError, MissingKeyError, ProviderError } from '../errors/index.ts';
import type {
  CallOptions,
  ClipRequest,
  ImageCapabilities,
  ImageRequest,
  TextRequest,
  VideoCapabilities,
} from '../spec/index.ts';
import { fetchError } from './replies.ts';

/**
 * Call options whose `fetch` throws `ProviderError` and is ended by the call's signal unless it is given another. After a first 2xx a
 * failure is never `accepted: 'no'`: what was answered may have been the billable request.
 */
export function guarded(call: CallOptions): CallOptions {
  let answered = false;
  const guardedFetch: typeof fetch = async (input, init) => {
    try {
      const own = input instanceof Request && init?.signal === undefined ? {} : { signal: call.signal };
      const response = await call.fetch(input, { ...own, ...init });
      answered ||= response.ok;
      return response;
    } catch (error) {
      const failed = fetchError(error);
      if (!answered || failed.accepted === 'unknown') throw failed;
      const { kind, message } = failed;
      throw new ProviderError({ kind, message, accepted: 'unknown' }, { cause: failed });
    }
  };
  return { ...call, fetch: guardedFetch };
}

function neverSent(kind: 'transient' | 'invalid-request' | 'auth', message: string, cause?: unknown): ProviderError {
  return new ProviderError({ kind, message, accepted: 'no' }, cause === undefined ? {} : { cause });
}

/** One billable request. Nothing is sent once the signal is aborted, or when the request has issues; a missing key was noticed before sending. */
export async function submission<T>(
  call: CallOptions,
  issues: readonly string[],
  send: (call: CallOptions) => Promise<T>,
): Promise<T> {
  if (issues.length > 0) throw neverSent('invalid-request', `The request was not sent: ${issues.join('; ')}`);
  if (call.signal.aborted) throw neverSent('transient', 'The request was not sent: its signal was aborted before.');
  try {
    return await send(guarded(call));
  } catch (error) {
    if (error instanceof MissingKeyError) throw neverSent('auth', error.message, error);
    if (error instanceof InvalidSettingsError) throw neverSent('invalid-request', error.message, error);
    throw error;
  }
}

function wordless({ prompt }: { readonly prompt: string }): string[] {
  return prompt.trim() === '' ? ['prompt: empty'] : [];
}

/** What a text model can not be asked. */
export function textIssues(request: TextRequest): string[] {
  return wordless(request);
}

function unlisted<T>(name: string, value: T, listed: readonly T[]): string[] {
  return listed.includes(value) ? [] : [`${name}: ${String(value)} is not of ${listed.join(', ')}`];
}

/** What an image model that lists `can` can not be asked. A conditioning frame is no reference. */
export function imageIssues(can: ImageCapabilities, request: ImageRequest): string[] {
  const { references = 0, sizes = [] } = can;
  const given = request.images.filter(({ role }) => role === 'reference').length;
  const named = sizes.map(({ name }) => name);
  return [
    ...wordless(request),
    ...unlisted('ratio', request.ratio, can.ratios),
    ...(request.size === undefined ? [] : unlisted('size', request.size, named)),
    ...(request.images.length > 0 && references === 0 ? ['images: the model takes no picture'] : []),
    ...(given > references && references > 0 ? [`images: ${given} references, at most ${references}`] : []),
  ];
}

function clipReferenceIssues(can: VideoCapabilities, { references = [], seconds, ...rest }: ClipRequest): string[] {
  if (references.length === 0) return [];
  const { most = 0, withFrames = false, durations = can.durations } = can.references ?? {};
  const framed = rest.startFrame !== undefined || rest.endFrame !== undefined;
  return [
    ...(references.length > most ? [`references: ${references.length}, at most ${most}`] : []),
    ...(framed && !withFrames ? ['references: the model takes them only without a first or last frame'] : []),
    ...(durations.includes(seconds) ? [] : [`seconds: with references only ${durations.join(', ')}, not ${seconds}`]),
  ];
}

/** What a video model that lists `can` can not be asked. */
export function clipIssues(can: VideoCapabilities, request: ClipRequest): string[] {
  const { takes = 1, audio = false, lastFrame = false, resolutions = ['720p'] } = can;
  const { startFrame, endFrame } = request;
  return [
    ...unlisted('seconds', request.seconds, can.durations),
    ...unlisted('ratio', request.ratio, can.ratios),
    ...unlisted('resolution', request.resolution, resolutions),
    ...clipReferenceIssues(can, request),
    ...(startFrame === undefined && wordless(request).length > 0 ? ['prompt: empty, and no first frame'] : []),
    ...(request.audio && !audio ? ['audio: the model is silent'] : []),
    ...(endFrame !== undefined && !lastFrame ? ['endFrame: the model takes no last frame'] : []),
    ...(endFrame !== undefined && startFrame === undefined ? ['endFrame: it needs a startFrame'] : []),
    ...(request.takes >= 1 && request.takes <= takes ? [] : [`takes: ${request.takes} is not from 1 to ${takes}`]),
  ];
}
