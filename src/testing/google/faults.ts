import { goneRefusal } from './models.ts';
import { GoogleRefusal } from './refusal.ts';
import { withFault } from './serve.ts';

/** What a fault can hit: a submission by its product, a look at an operation or interaction, its cancelling, a download of a file or a stored object. */
export type GoogleRequest = 'text' | 'image' | 'imagen' | 'veo' | 'omni' | 'check' | 'cancel' | 'download';

const SUBMISSIONS: readonly GoogleRequest[] = ['text', 'image', 'imagen', 'veo', 'omni'];
const ANY: readonly GoogleRequest[] = [...SUBMISSIONS, 'check', 'cancel', 'download'];
const CLIPS: readonly GoogleRequest[] = ['veo', 'omni'];
const WORDS: readonly GoogleRequest[] = ['text', 'image'];

/**
 * A scripted fault. Not accepted, on any request: `quota` (429), `unavailable` (503, a page of HTML), `internal` (500), `unauthenticated` (401),
 * `forbidden` (403), `reset` (of the connection), `hang` (no answer ever); on submissions also `rejected` (400 of a filter, its code in the details)
 * and `retired` (404). Accepted and billed, and the answer is lost: `accept-then-503`, `accept-then-reset`, `accept-then-hang`; `cut` resets any answer
 * half way. Accepted, with another outcome: `filtered`, `filtered-without-code`, `partial` (the filter takes the last of several), `error-3` and
 * `error-3-image` (Veo flags the prompt, the first frame), `error-8` (quota), `error-13` (inner), `empty` (done, and nothing in it), `refusal` (Omni's, in
 * words), `budget-exceeded`, `failed`, none of which is billed; `lost` (billed, never found), `bad-bytes` (does not decode), `blocked` (the prompt:
 * no candidates), `max-tokens`, `continuation` (a reply in two parts), `image-safety` and `no-image` (no picture; what went in is billed).
 */
export type GoogleFault =
  | 'quota'
  | 'unavailable'
  | 'internal'
  | 'rejected'
  | 'unauthenticated'
  | 'forbidden'
  | 'retired'
  | 'reset'
  | 'hang'
  | 'accept-then-503'
  | 'accept-then-reset'
  | 'accept-then-hang'
  | 'cut'
  | 'filtered'
  | 'filtered-without-code'
  | 'partial'
  | 'error-3'
  | 'error-3-image'
  | 'error-8'
  | 'error-13'
  | 'empty'
  | 'lost'
  | 'bad-bytes'
  | 'blocked'
  | 'max-tokens'
  | 'continuation'
  | 'image-safety'
  | 'no-image'
  | 'refusal'
  | 'budget-exceeded'
  | 'failed';

/** Each fault with the requests that it can hit. */
const FITS: Readonly<Record<GoogleFault, readonly GoogleRequest[]>> = {
  quota: ANY,
  unavailable: ANY,
  internal: ANY,
  rejected: SUBMISSIONS,
  unauthenticated: ANY,
  forbidden: ANY,
  retired: SUBMISSIONS,
  reset: ANY,
  hang: ANY,
  'accept-then-503': SUBMISSIONS,
  'accept-then-reset': SUBMISSIONS,
  'accept-then-hang': SUBMISSIONS,
  cut: ANY,
  filtered: ['veo', 'imagen'],
  'filtered-without-code': ['veo'],
  partial: ['veo', 'imagen'],
  'error-3': ['veo'],
  'error-3-image': ['veo'],
  'error-8': ['veo'],
  'error-13': ['veo'],
  empty: CLIPS,
  lost: CLIPS,
  'bad-bytes': ['image', 'imagen', ...CLIPS],
  blocked: WORDS,
  'max-tokens': ['text'],
  continuation: ['text'],
  'image-safety': ['image'],
  'no-image': ['image'],
  refusal: ['omni'],
  'budget-exceeded': ['omni'],
  failed: ['omni'],
};

/** When a fault happens: at the `nth` request that fits all that is given, and as often as `times` says. */
export interface ScriptedFault {
  readonly fault: GoogleFault;
  /** @default every submission that the fault can hit */
  readonly on?: GoogleRequest;
  readonly model?: string;
  /** @default 1 */
  readonly nth?: number;
  /** @default 1 */
  readonly times?: number;
  /** In place of the support codes that Google would name. */
  readonly codes?: readonly string[];
}

function fits({ fault, on, model }: ScriptedFault, request: GoogleRequest, of: string | undefined): boolean {
  const can = FITS[fault];
  const wanted =
    on === undefined ? can.filter((each) => SUBMISSIONS.includes(each)) : can.filter((each) => each === on);
  return wanted.includes(request) && (model === undefined || model === of);
}

/** The faults that are to come, and how often each was met. */
export class FaultScript {
  #entries: { readonly entry: ScriptedFault; met: number }[] = [];

  /** Replaces the script. Throws for a fault that there is none of, or that can never happen. */
  set(entries: readonly ScriptedFault[]): void {
    for (const entry of entries) {
      const can = FITS[entry.fault];
      if (!Object.hasOwn(FITS, entry.fault))
        throw new Error(`no such fault: ${entry.fault}; there are ${Object.keys(FITS).join(', ')}`);
      if (entry.on !== undefined && !can.includes(entry.on))
        throw new Error(`the fault ${entry.fault} can not happen on ${entry.on}, only on ${can.join(', ')}`);
    }
    this.#entries = entries.map((entry) => ({ entry, met: 0 }));
  }

  /** The fault of a request, if any; every entry counts the requests that fit it. */
  take(request: GoogleRequest, model?: string): ScriptedFault | undefined {
    let due: ScriptedFault | undefined;
    for (const each of this.#entries) {
      if (!fits(each.entry, request, model)) continue;
      each.met += 1;
      const { nth = 1, times = 1 } = each.entry;
      if (each.met >= nth && each.met < nth + times) due ??= each.entry;
    }
    return due;
  }
}

const PAGE = '<html><head><title>503 Service Unavailable</title></head><body>The server is overloaded.</body></html>';
const unavailable = (): Response =>
  new Response(PAGE, { status: 503, headers: { 'content-type': 'text/html; charset=UTF-8' } });

function rejection([code = '42876398']: readonly string[] = []): GoogleRefusal {
  const message = `Image generation failed with the following error: The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices. Try rephrasing the prompt. If you think this was an error, send feedback.`;
  const detail = `[ORIGINAL ERROR] generic::invalid_argument: Support codes: ${code}`;
  return new GoogleRefusal(400, message, [{ '@type': 'type.googleapis.com/google.rpc.DebugInfo', detail }]);
}

/** The 429 of a quota. */
export function quotaText(model: string): string {
  const metric = 'aiplatform.googleapis.com/long_running_online_prediction_requests_per_base_model';
  return `Quota exceeded for ${metric} with base model: ${model}.`;
}

type Answers<Given> = Partial<Record<GoogleFault, Given>>;

const EARLY: Answers<(scripted: ScriptedFault, model: string) => Response> = {
  quota: (_, model) => new GoogleRefusal(429, quotaText(model)).response,
  unavailable,
  internal: () => new GoogleRefusal(500, 'Internal error encountered.').response,
  rejected: ({ codes }) => rejection(codes).response,
  unauthenticated: () => new GoogleRefusal(401, 'Request had invalid authentication credentials.').response,
  forbidden: () => new GoogleRefusal(403, 'The caller does not have permission.').response,
  retired: (_, model) => goneRefusal(model).response,
  reset: () => withFault({ resetAt: 'head' }),
  hang: () => withFault({ hang: true }),
};

/** The answer in two halves, the second of which never comes. */
async function cut(answer: Response): Promise<Response> {
  const bytes = await answer.arrayBuffer();
  const headers = new Headers(answer.headers);
  headers.set('content-length', String(bytes.byteLength));
  const { status } = answer;
  return withFault({ resetAt: Math.floor(bytes.byteLength / 2) }, new Response(bytes, { status, headers }));
}

const LATE: Answers<(answer: Response) => Response | Promise<Response>> = {
  'accept-then-503': unavailable,
  'accept-then-reset': () => withFault({ resetAt: 'head' }),
  'accept-then-hang': () => withFault({ hang: true }),
  cut,
};

/** The answer of a fault that comes before a request is accepted. */
export function earlyAnswer(scripted: ScriptedFault | undefined, model: string): Response | undefined {
  return scripted === undefined ? undefined : EARLY[scripted.fault]?.(scripted, model);
}

/** What a fault that comes after a request was accepted makes of its answer. */
export async function lateAnswer(scripted: ScriptedFault | undefined, answer: Response): Promise<Response> {
  return (scripted === undefined ? undefined : LATE[scripted.fault]?.(answer)) ?? answer;
}
