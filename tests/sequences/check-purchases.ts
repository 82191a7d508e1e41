import type { ProjectEvent } from 'vidpipe';

type Body<T extends ProjectEvent['type']> = Extract<ProjectEvent, { readonly type: T }>['body'];
type Request = Readonly<Record<string, unknown>>;

/** What a step is asked for: all of a request but its seed, which each take has of its own, and the picture that it was drawn from, which is no hard input. */
function inputsOf(stepId: string, model: string, request: Request): string {
  const { seed: _, pictures = [], prompt, ...rest } = request;
  const conditioned = (line: string): boolean => line.startsWith('The first picture is the frame before');
  const words = String(prompt)
    .split('\n')
    .filter((line) => !conditioned(line));
  const hard = (pictures as readonly { readonly role: string }[]).filter(({ role }) => role !== 'condition');
  return JSON.stringify([stepId, model, rest, words, hard]);
}

/** What a project has been given for its inputs. */
class Deliveries {
  /** Bytes by inputs, and by recipe and take. */
  readonly #had = new Map<string, string[]>();
  /** Takes that were asked for, by step. */
  readonly #asked = new Map<string, number>();
  readonly #unusable = new Set<string>();

  /** Takes of a step that somebody wants beyond the first. */
  ask(stepId: string, takes = 1): void {
    this.#asked.set(stepId, (this.#asked.get(stepId) ?? 0) + takes);
  }

  have(key: string, digests: readonly string[]): void {
    this.#had.set(key, [...(this.#had.get(key) ?? []), ...digests]);
  }

  /** Bytes that nobody may use. */
  bar(digest: string): void {
    this.#unusable.add(digest);
  }

  /** Whether all that was asked for is there, and may be used. */
  isEnough(key: string, stepId: string | null): boolean {
    const usable = (this.#had.get(key) ?? []).filter((digest) => !this.#unusable.has(digest));
    return usable.length > (stepId === null ? 0 : (this.#asked.get(stepId) ?? 0));
  }
}

/** Steps that more is bought for than their inputs say: a remedy has changed them, or somebody has said what became of a call that may be delivered after all. */
function excepted(events: readonly ProjectEvent[]): ReadonlySet<string> {
  const steps = new Map(
    events.flatMap(({ type, body }) => (type === 'call.intended' ? [[body.callId, body.stepId]] : [])),
  );
  return new Set(
    events.flatMap(({ type, body }) => {
      if (type === 'call.resolved') return [steps.get(body.callId) ?? ''];
      if (type === 'work.inherited')
        return body.remedies.flatMap(({ applied }) => applied.map((each) => each.body.stepId));
      return type === 'remedy.applied' ? [body.stepId] : [];
    }),
  );
}

/**
 * Nothing is bought again that was delivered, to this project or to the one that it comes from, and that may be used: for the same recipe and take, or
 * for the same inputs, whatever the library says its recipe is, beyond the takes that were asked for.
 */
export function checkPurchases(events: readonly ProjectEvent[]): string[] {
  const deliveries = new Deliveries();
  const intended = new Map<string, Body<'call.intended'>>();
  const digestsOf = new Map<string, readonly string[]>();
  const except = excepted(events);
  const take = (stepId: string, fingerprint: string, ordinal: number): string => `${stepId} ${fingerprint} ${ordinal}`;
  const inherit = ({ steps }: Body<'work.inherited'>): void => {
    for (const { stepId, fingerprint, artifacts, extraTakes } of steps) {
      deliveries.ask(stepId, extraTakes);
      for (const { ordinal, asset, origin } of artifacts) {
        deliveries.have(take(stepId, fingerprint, ordinal), [asset.digest]);
        if (origin.request !== null && origin.model !== null)
          deliveries.have(inputsOf(stepId, origin.model, origin.request), [asset.digest]);
      }
    }
  };
  const settle = ({ callId, made }: Body<'call.settled'>): void => {
    const call = intended.get(callId);
    const digests = made.map(({ asset }) => asset.digest);
    digestsOf.set(callId, digests);
    if (call === undefined || digests.length === 0) return;
    deliveries.have(take(call.stepId, call.fingerprint, call.ordinal), digests);
    // One call may bring several takes; as many were asked for as it brings.
    deliveries.have(inputsOf(call.stepId, call.model, call.request), digests.slice(0, 1));
  };
  return events.flatMap(({ type, body }) => {
    if (type === 'work.inherited') inherit(body);
    if (type === 'take.requested') deliveries.ask(body.stepId);
    if (type === 'artifact.blocked') deliveries.bar(body.digest);
    if (type === 'storyboard.faulted') for (const digest of digestsOf.get(body.callId) ?? []) deliveries.bar(digest);
    if (type === 'call.settled') settle(body);
    if (type !== 'call.intended') return [];
    intended.set(body.callId, body);
    const { stepId, fingerprint, ordinal, callId, model, request, replaces } = body;
    if (replaces !== null || except.has(stepId)) return [];
    const again = [
      ...(deliveries.isEnough(take(stepId, fingerprint, ordinal), null) ? ['recipe'] : []),
      ...(deliveries.isEnough(inputsOf(stepId, model, request), stepId) ? ['inputs'] : []),
    ];
    return again.length === 0
      ? []
      : [`once: ${stepId} is bought again by ${callId}, with the same ${again.join(' and ')}`];
  });
}

/** Calls without an end in a log, by what they are to make. */
export function openPlaces(events: readonly ProjectEvent[]): ReadonlyMap<string, string> {
  const open = new Map<string, string>();
  for (const { type, body } of events) {
    if (type === 'call.intended') open.set(body.callId, `${body.stepId} ${body.fingerprint} ${body.ordinal}`);
    if (type === 'call.settled' || type === 'call.rejected' || type === 'call.resolved') open.delete(body.callId);
  }
  return new Map([...open].map(([callId, place]) => [place, callId]));
}

/** A fork that waits buys nothing that its parent had under way, unless that has come to nothing. */
export function checkWaits(events: readonly ProjectEvent[], open: ReadonlyMap<string, string>): string[] {
  const came = new Map<string, boolean>();
  return events.flatMap(({ type, body }) => {
    if (type === 'parent.reported') came.set(body.callId, body.made.length > 0);
    if (type !== 'call.intended') return [];
    const callId = open.get(`${body.stepId} ${body.fingerprint} ${body.ordinal}`);
    if (callId === undefined || came.get(callId) === false) return [];
    return [`waits: ${body.stepId} is bought here, and ${callId} of the parent is to bring it`];
  });
}
