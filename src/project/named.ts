import type { Digest, StoredEvent } from '../spec/index.ts';

const DIGEST = /sha256-[0-9a-f]{64}/g;

/**
 * Every digest in the body of an event, wherever it stands in it. It needs no list of types that somebody could forget to mend, and knows events
 * of newer versions too; what it finds too much keeps some bytes longer.
 */
export function digestsIn(body: unknown): ReadonlySet<Digest> {
  return new Set((JSON.stringify(body) ?? '').match(DIGEST) as Digest[] | null);
}

/** A call or a run that has been under way for so long holds nothing back any more. */
export const LONGEST_UNDER_WAY_MS = 7 * 24 * 3_600_000;

const RUN = 'run';

/** What is under way in a log that is read event by event: bytes that were stored since it began may be named by an event that is still to come. */
export class UnderWay {
  readonly #since = new Map<string, string>();

  see({ type, at, body }: Pick<StoredEvent, 'type' | 'at' | 'body'>): void {
    if (type === 'run.started') this.#since.set(RUN, at);
    if (type === 'run.ended') this.#since.delete(RUN);
    if (!type.startsWith('call.')) return;
    const { callId } = body as { readonly callId: string };
    if (type === 'call.intended' || type === 'call.submitted') this.#since.set(callId, this.#since.get(callId) ?? at);
    if (type === 'call.settled' || type === 'call.rejected' || type === 'call.resolved') this.#since.delete(callId);
  }

  /** When the oldest of it began, milliseconds since 1970; `Infinity` where nothing is, or only what began longer than a week before `now`. */
  since(now: number): number {
    const began = [...this.#since.values()].map((at) => Date.parse(at));
    return Math.min(...began.filter((at) => at >= now - LONGEST_UNDER_WAY_MS));
  }
}
