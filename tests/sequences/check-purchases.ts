import type { ProjectEvent } from 'vidpipe';

/** What of a request makes it the same one again: of pictures not what they were drawn from, which is no hard input. */
function requestKey({
  request,
  model,
}: {
  readonly request: Readonly<Record<string, unknown>>;
  readonly model: string;
}): string {
  const pictures = (request['pictures'] ?? []) as readonly { readonly role: string }[];
  const prompt = String(request['prompt'])
    .split('\n')
    .filter((line) => !line.startsWith('The first picture is the frame before'));
  return JSON.stringify([model, { ...request, prompt, pictures: pictures.filter(({ role }) => role !== 'condition') }]);
}

interface Bought {
  readonly callId: string;
  readonly what: string;
  readonly digests: readonly string[];
}

/** Nothing is bought again that was delivered, to this project or the one that it was forked from, and that may be used: for the same recipe and take, or with the same request. */
export function checkPurchases(events: readonly ProjectEvent[]): string[] {
  const wrong: string[] = [];
  const intended = new Map<string, Extract<ProjectEvent, { type: 'call.intended' }>['body']>();
  const had = new Map<string, Bought>();
  const unusable = new Set<string>();
  const blocked = new Set<string>();
  /** Steps that somebody has answered for: what was given up may come after all. */
  const answered = new Set<string>();
  const keysOf = (stepId: string, fingerprint: string, ordinal: number, request: string | null): string[] => [
    `${stepId} ${fingerprint} ${ordinal}`,
    ...(request === null ? [] : [`${stepId} ${request}`]),
  ];
  const note = (keys: readonly string[], bought: Bought): void => {
    for (const key of keys) if (!had.has(key)) had.set(key, bought);
  };
  for (const { type, body } of events) {
    if (type === 'work.inherited')
      for (const { stepId, fingerprint, artifacts } of body.steps)
        for (const { ordinal, origin, asset } of artifacts) {
          const request =
            origin.request === null || origin.model === null
              ? null
              : requestKey({ request: origin.request, model: origin.model });
          note(keysOf(stepId, fingerprint, ordinal, request), {
            callId: origin.callId ?? '',
            what: 'was inherited',
            digests: [asset.digest],
          });
        }
    if (type === 'artifact.blocked') blocked.add(body.digest);
    if (type === 'storyboard.faulted') unusable.add(body.callId);
    if (type === 'call.resolved') answered.add(intended.get(body.callId)?.stepId ?? '');
    if (type === 'call.settled') {
      const call = intended.get(body.callId);
      if (call === undefined || body.outcome !== 'succeeded' || body.made.length === 0) continue;
      note(keysOf(call.stepId, call.fingerprint, call.ordinal, requestKey(call)), {
        callId: body.callId,
        what: 'was delivered',
        digests: body.made.map(({ asset }) => asset.digest),
      });
    }
    if (type !== 'call.intended') continue;
    intended.set(body.callId, body);
    if (body.replaces !== null || answered.has(body.stepId)) continue;
    for (const key of keysOf(body.stepId, body.fingerprint, body.ordinal, requestKey(body))) {
      const before = had.get(key);
      if (before === undefined || unusable.has(before.callId) || before.digests.some((digest) => blocked.has(digest)))
        continue;
      wrong.push(
        `once: ${body.stepId} is bought again by ${body.callId}, and ${before.what} (${key.includes('"') ? 'same request' : 'same recipe'})`,
      );
      break;
    }
  }
  return wrong;
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
