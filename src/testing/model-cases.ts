import assert from 'node:assert/strict';
import { catalogueCosts } from 'vidpipe';
import type { CallOptions, Found, PriceRequest, Reply } from 'vidpipe/provider';
import { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';
import {
  callTo,
  type KindOf,
  type ModelSubject,
  outputsOf,
  reopened,
  type Source,
  tested,
  usageOf,
  type VideoCapability,
} from './model-subject.ts';

/** A case and what it needs. */
export type ModelTest<S> = readonly [
  name: string,
  run: (subject: S) => Promise<void>,
  ...needs: readonly VideoCapability[],
];

/** What the suites of the kinds of models differ in. */
export interface Kind<S extends ModelSubject> {
  readonly kind: KindOf;
  /** One billable submission of a request that the model lists. */
  readonly submit: (source: Source, call: CallOptions) => Promise<Found>;
  /** Submissions that the model must refuse, by what is wrong with them. */
  readonly refused: (source: Source) => Readonly<Record<string, (call: CallOptions) => Promise<unknown>>>;
  /** The final answer to what was submitted. */
  readonly final: (subject: S, found: Found) => Promise<Reply>;
  /** What `submit` is priced by. */
  readonly priced: (source: Source) => Omit<PriceRequest, 'model' | 'at'>;
}

/** No request and no operation is waited for longer than a week. */
const LONGEST_MS = 7 * 86_400_000;

function assertListed({ provider }: ModelSubject): void {
  const ids = provider.catalogue.map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)], 'an id is listed twice');
  for (const { id, rates, times, limits } of provider.catalogue) {
    assert.ok(rates.length > 0, `${id} has no price: it is refused under every budget`);
    for (const { price } of rates) assert.ok(Number.isSafeInteger(price) && price >= 0, `${id}: a rate of ${price}`);
    for (const [name, ms] of Object.entries(times))
      assert.ok(ms >= 0 && ms <= LONGEST_MS, `${id}: ${name} of ${ms} milliseconds`);
    const { requestDeadlineMs, submitWithinMs, typicalMs, deadlineMs } = times;
    assert.ok(requestDeadlineMs > 0 && submitWithinMs > 0, `${id}: no time to send a request`);
    assert.ok(typicalMs <= deadlineMs, `${id}: typicalMs ${typicalMs} above deadlineMs ${deadlineMs}`);
    assert.ok(limits.concurrency >= 1 && (limits.perMinute ?? 1) >= 1, `${id}: limits that let nothing through`);
  }
}

/** Runs a submission that must be refused without a request. */
async function assertUnsent(
  subject: ModelSubject,
  what: string,
  submit: () => Promise<unknown>,
  kinds: readonly string[],
): Promise<void> {
  const before = subject.requests();
  const error: unknown = await submit().then(
    () => assert.fail(`${what}: it was not refused`),
    (thrown: unknown) => thrown,
  );
  assert.equal(subject.requests(), before, `${what}: a request was sent`);
  const { code, kind, accepted } = Object(error) as { code?: string; kind?: string; accepted?: string };
  assert.deepEqual(
    [code, accepted],
    ['provider', 'no'],
    `${what}: expected a ProviderError, accepted no, got ${String(error)}`,
  );
  assert.ok(kinds.includes(kind ?? ''), `${what}: expected ${kinds.join(' or ')}, got ${kind}`);
}

function inertCases<S extends ModelSubject>({ kind, submit, refused }: Kind<S>): readonly ModelTest<S>[] {
  return [
    [
      'is inert: nothing is asked before the first call',
      async (subject) => {
        JSON.stringify(subject.provider.catalogue);
        tested(subject, kind);
        assert.equal(subject.requests(), 0);
      },
    ],
    ['lists each model once, with a price and with times and limits that can hold', async (s) => assertListed(s)],
    [
      'refuses the id of a model that it does not list',
      async ({ provider }) => {
        for (const id of ['no-such-model', '', '__proto__'])
          assert.throws(() => provider.model(id), { code: 'unknown-model' }, `it has a model ${JSON.stringify(id)}`);
      },
    ],
    [
      'refuses a request beyond what it lists, before anything is sent',
      async (subject) => {
        for (const [what, ask] of Object.entries(refused(subject)))
          await assertUnsent(subject, what, () => ask(callTo(subject)), ['invalid-request']);
      },
    ],
    [
      'sends nothing when the signal is aborted before',
      async (subject) => {
        const call = callTo(subject, { signal: AbortSignal.abort() });
        await assertUnsent(subject, 'an aborted call', () => submit(subject, call), ['transient', 'invalid-request']);
      },
    ],
  ];
}

/** A call sent twice must be one call: the same operation, or the same bytes. */
async function assertSame<S extends ModelSubject>(kind: Kind<S>, subject: S, one: Found, other: Found): Promise<void> {
  if ('handle' in one && 'handle' in other) return assert.deepEqual(other.handle, one.handle);
  const bytes = async (found: Found): Promise<unknown> => outputsOf(subject, await kind.final(subject, found));
  assert.deepEqual(await bytes(other), await bytes(one));
}

function onceCases<S extends ModelSubject>(kind: Kind<S>): readonly ModelTest<S>[] {
  return [
    [
      'gives one answer to the same callId',
      async (subject) => {
        const call = callTo(subject);
        await assertSame(kind, subject, await kind.submit(subject, call), await kind.submit(subject, call));
      },
      'idempotent',
    ],
    [
      'bills the same callId once, also when it is sent twice at the same moment, and another one anew',
      async (subject) => {
        const call = callTo(subject);
        await Promise.allSettled([kind.submit(subject, call), kind.submit(subject, call)]);
        await kind.submit(subject, call);
        assert.equal(subject.billed?.(), 1);
        await kind.submit(subject, callTo(subject));
        assert.equal(subject.billed?.(), 2);
      },
      'idempotent',
      'billed',
    ],
    [
      'gives one answer to the same callId from another instance',
      async (subject) => {
        const call = callTo(subject);
        const first = await kind.submit(subject, call);
        await assertSame(kind, subject, first, await kind.submit(reopened(subject), call));
      },
      'idempotent',
      'reopen',
    ],
  ];
}

/** A look-up that can not tell so far says it by a `transient` error; it must find what has ended. */
function notYet(error: unknown): 'not-yet' {
  if (!['transient', 'rate-limited'].includes((error as { readonly kind: string }).kind)) throw error;
  return 'not-yet';
}

function lookUpCases<S extends ModelSubject>(kind: Kind<S>): readonly ModelTest<S>[] {
  const find = async (source: Source, callId: string): Promise<Found | 'not-yet' | undefined> =>
    tested(source, kind.kind).model.lookUp?.({ callId, at: new Date().toISOString() }, callTo(source)).catch(notYet);
  const findsNone = async (source: Source, callId: string): Promise<void> =>
    assert.notEqual(typeof (await find(source, callId)), 'object', 'it found a call that nobody made');
  const finds = async (subject: S, source: Source, callId: string, first: Found): Promise<void> => {
    let found = await find(source, callId);
    if (found === 'not-yet') found = await kind.final(subject, first).then(() => find(source, callId));
    assert.ok(typeof found === 'object', 'it did not find an accepted call');
    await assertSame(kind, subject, first, found);
  };
  return [
    [
      'finds a call that was accepted, and none that never was',
      async (subject) => {
        const call = callTo(subject);
        await findsNone(subject, call.callId);
        await finds(subject, subject, call.callId, await kind.submit(subject, call));
        await findsNone(subject, callTo(subject).callId);
      },
      'lookUp',
    ],
    [
      'finds an accepted call from another instance',
      async (subject) => {
        const call = callTo(subject);
        await finds(subject, reopened(subject), call.callId, await kind.submit(subject, call));
      },
      'lookUp',
      'reopen',
    ],
  ];
}

function usageCase<S extends ModelSubject>({ submit, final, priced }: Kind<S>): ModelTest<S> {
  return [
    'reports what it used, so that the charge is known and within the quote',
    async (subject) => {
      const { provider, modelId } = subject;
      const costs = catalogueCosts([provider]);
      const request = { ...priced(subject), model: `${provider.id}:${modelId}`, at: new Date().toISOString() } as const;
      const quote = costs.quote(request);
      assert.ok(quote, `its rates give no price for ${JSON.stringify(request)}`);
      const usage = usageOf(await final(subject, await submit(subject, callTo(subject))));
      const charge = costs.charge({ request, usage });
      assert.ok(charge !== null, `its rates give no charge for ${JSON.stringify(usage)}`);
      assert.ok(charge <= quote.worst, `${charge} is charged, ${quote.worst} was quoted as the worst`);
    },
  ];
}

/** The optional members that a subject has. */
function present(subject: ModelSubject, kind: KindOf): readonly VideoCapability[] {
  const { model } = tested(subject, kind);
  const has = {
    idempotent: model.idempotent === true,
    lookUp: model.lookUp !== undefined,
    billed: subject.billed !== undefined,
    reopen: subject.reopen !== undefined,
    cancel: 'cancel' in model && model.cancel !== undefined,
  };
  return Object.entries(has).flatMap(([name, there]) => (there ? [name as VideoCapability] : []));
}

/** The cases of all kinds and those of one kind, with `skip` where one of their needs is lacking. */
export function modelCases<S extends ModelSubject>(
  harness: Harness<S>,
  kind: Kind<S>,
  own: readonly ModelTest<S>[],
  lacks: readonly VideoCapability[],
): readonly ConformanceCase[] {
  const optional: readonly VideoCapability[] = ['idempotent', 'lookUp', 'billed', 'reopen'];
  const named = kind.kind === 'video' ? ([...optional, 'cancel'] as const) : optional;
  const declared: ModelTest<S> = [
    'has what it is said to have',
    async (subject) => {
      const there = present(subject, kind.kind);
      assert.deepEqual(
        named.filter((name) => !there.includes(name)),
        named.filter((name) => lacks.includes(name)),
        'what is missing (first) is not what `lacks` names',
      );
    },
  ];
  const tests = [...inertCases(kind), ...own, usageCase(kind), ...onceCases(kind), ...lookUpCases(kind), declared];
  return tests.map(([name, run, ...needs]) => {
    const skip = needs.find((need) => lacks.includes(need));
    return { ...conformanceCase(harness, name, run), ...(skip === undefined ? {} : { skip }) };
  });
}
