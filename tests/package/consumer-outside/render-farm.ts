// A video provider as a user writes it: an HTTP service with jobs, written against `vidpipe/provider` alone.
import { usd } from 'vidpipe';
import {
  type ClipRequest,
  defineProvider,
  type Found,
  type ImageInput,
  type OperationStatus,
  perSecond,
  type Provider,
  readJson,
  readKey,
  replyError,
  videoModel,
} from 'vidpipe/provider';

/** Options of `renderFarm`. */
export interface RenderFarmOptions {
  /** Where the farm listens: `http://gpu:8000`. */
  readonly origin: string;
  /** @default the environment variable FARM_KEY */
  readonly apiKey?: string;
}

/** A job as the farm tells of it. */
interface Job {
  readonly id: string;
  readonly state: 'queued' | 'rendering' | 'done' | 'refused' | 'failed' | 'cancelled';
  readonly progress?: number;
  readonly links?: readonly string[];
  readonly seconds?: number;
  readonly reason?: string;
}

type Handle = { readonly job: string };

const frameOf = (frame: ImageInput | undefined): object | null =>
  frame === undefined ? null : { mediaType: frame.mediaType, data: Buffer.from(frame.bytes).toString('base64') };

function bodyOf(clip: ClipRequest, callId: string): string {
  const { startFrame, endFrame, ...rest } = clip;
  return JSON.stringify({ ...rest, callId, first: frameOf(startFrame), last: frameOf(endFrame) });
}

function statusOf({ state, progress, links = [], seconds, reason = 'no reason given' }: Job): OperationStatus {
  const usage = seconds === undefined ? {} : { usage: { seconds } };
  switch (state) {
    case 'done':
      return { state: 'succeeded', outputs: links.map((url) => ({ url })), ...usage };
    case 'refused':
      return { state: 'blocked', reasons: [reason], input: 'prompt', charged: 'no' };
    case 'cancelled':
    case 'failed':
      return { state: 'failed', kind: 'lost', message: `The farm ended the job: ${reason}.`, charged: 'no' };
    case 'queued':
    case 'rendering':
      return { state: 'running', ...(progress === undefined ? {} : { progress }) };
  }
}

/** A farm that renders clips of 3, 5 and 8 seconds between two frames, with sound. The same callId is billed once. Inert until first use. */
export function renderFarm({ origin, apiKey }: RenderFarmOptions): Provider {
  const headers = (): Record<string, string> => ({
    authorization: `Bearer ${readKey({ value: apiKey, option: 'renderFarm({ apiKey })', variable: 'FARM_KEY' })}`,
    'content-type': 'application/json',
  });
  const jobs = `${origin}/jobs`;

  async function lookUp(callId: string, ask: typeof fetch): Promise<Found | undefined> {
    const response = await ask(`${jobs}?callId=${encodeURIComponent(callId)}`, { headers: headers() });
    const found = (await readJson(response)) as readonly Job[];
    return found[0] === undefined ? undefined : { handle: { job: found[0].id } };
  }

  const reel = videoModel<Handle>({
    durations: [3, 5, 8],
    ratios: ['16:9', '9:16'],
    lastFrame: true,
    audio: true,
    takes: 2,
    price: perSecond(usd('0.03')),
    times: { typicalMs: 20_000, deadlineMs: 600_000 },
    idempotent: true,
    start: async (clip, { callId, fetch: ask }) => {
      const response = await ask(jobs, { method: 'POST', headers: headers(), body: bodyOf(clip, callId) });
      return { handle: { job: ((await readJson(response)) as Job).id } };
    },
    check: async ({ job }, { fetch: ask }) => {
      const response = await ask(`${jobs}/${job}`, { headers: headers() });
      if (response.status === 404)
        return { state: 'failed', kind: 'lost', message: 'The farm knows no such job.', charged: 'unknown' };
      return statusOf((await readJson(response)) as Job);
    },
    cancel: async ({ job }, { fetch: ask }) => {
      const response = await ask(`${jobs}/${job}`, { method: 'DELETE', headers: headers() });
      if (response.status === 409) return { outcome: 'too-late', charged: 'yes' };
      if (!response.ok) throw await replyError(response);
      return { outcome: 'cancelled', charged: 'no' };
    },
    lookUp: async ({ callId }, { fetch: ask }) => lookUp(callId, ask),
  });
  return defineProvider({ id: 'farm', downloads: [origin], video: { 'reel-1': reel } });
}
