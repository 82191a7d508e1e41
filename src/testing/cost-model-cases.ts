import assert from 'node:assert/strict';
import type { CostModel } from 'vidpipe';
import type { MicroUsd, Price, PriceRequest, Usage } from 'vidpipe/provider';
import { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';

/** A cost model as a case gets it, with what it prices. */
export interface CostSubject {
  readonly costs: CostModel;
  /** Requests that it prices: at least one. */
  readonly requests: readonly PriceRequest[];
  /** A request at two times between which its price changes. Without it that case is skipped (`dated`). */
  readonly dated?: readonly [PriceRequest, PriceRequest];
}

type Test = readonly [name: string, run: (subject: CostSubject) => Promise<void>];

function quoteOf(costs: CostModel, request: PriceRequest): Price {
  return costs.quote(request) ?? assert.fail(`it gives no price for ${JSON.stringify(request)}`);
}

function assertMoney(amount: MicroUsd | null, what: string): asserts amount is MicroUsd {
  assert.ok(Number.isSafeInteger(amount) && Number(amount) >= 0, `${what}: ${amount} is no whole micro-dollars`);
}

/** The most that a request can use. */
function mostOf({ images, seconds, inputTokens, maxOutputTokens }: PriceRequest): Usage {
  const used = { calls: 1, images, seconds, inputTokens, outputTokens: maxOutputTokens };
  return Object.fromEntries(Object.entries(used).filter(([, count]) => count !== undefined));
}

/** Every request as it stands, and with sizes that make for fractions. */
function sizesOf(requests: readonly PriceRequest[]): readonly PriceRequest[] {
  return requests.flatMap((request) => [
    request,
    {
      ...request,
      ...(request.seconds === undefined ? {} : { seconds: request.seconds / 7 }),
      ...(request.maxOutputTokens === undefined ? {} : { maxOutputTokens: request.maxOutputTokens + 1 }),
    },
  ]);
}

const QUOTES: readonly Test[] = [
  [
    'quotes whole micro-dollars, the expected not above the worst, both the same where it is exact',
    async ({ costs, requests }) => {
      assert.ok(requests.length > 0, 'the harness names no request');
      for (const request of sizesOf(requests)) {
        const { expected, worst, exact } = quoteOf(costs, request);
        assertMoney(expected, 'expected');
        assertMoney(worst, 'worst');
        assert.ok(expected <= worst, `${expected} is expected, above the worst ${worst}`);
        if (exact) assert.equal(expected, worst, 'it is said to be exact');
      }
    },
  ],
  [
    'quotes the same again, whatever was asked between, and changes nothing that it is given',
    async ({ costs, requests }) => {
      const asked = requests.map((request) => Object.freeze({ ...request }));
      const first = asked.map((request) => costs.quote(request));
      for (const request of asked) costs.charge({ request, usage: Object.freeze(mostOf(request)) });
      const again = asked.toReversed().map((request) => costs.quote(request));
      assert.deepEqual(again.toReversed(), first);
    },
  ],
  [
    'does not price a model that it does not know',
    async ({ costs, requests }) => {
      for (const request of requests) {
        const unknown = { ...request, model: 'nobody:no-such-model' } as const;
        assert.equal(costs.quote(unknown), null);
        assert.equal(costs.charge({ request: unknown, usage: mostOf(request) }), null);
      }
    },
  ],
];

const CHARGES: readonly Test[] = [
  [
    'charges no more than the quoted worst for all that was asked for',
    async ({ costs, requests }) => {
      for (const request of sizesOf(requests)) {
        const charge = costs.charge({ request, usage: mostOf(request) });
        assertMoney(charge, 'the charge');
        const { worst } = quoteOf(costs, request);
        assert.ok(charge <= worst, `${charge} is charged, ${worst} was quoted as the worst`);
      }
    },
  ],
];

const DATED: Test = [
  'prices by the time of the request',
  async ({ costs, dated }) => {
    const [before, after] = dated ?? assert.fail('the harness has no `dated`: name it in `lacks`');
    assert.deepEqual({ ...before, at: '' }, { ...after, at: '' }, 'the two requests must differ in `at` alone');
    assert.notDeepEqual(costs.quote(before), costs.quote(after));
    const charge = (request: PriceRequest): MicroUsd | null => costs.charge({ request, usage: mostOf(request) });
    assert.notEqual(charge(before), charge(after));
  },
];

/** What every `CostModel` must do. `lacks` names what the harness leaves out: its case says `skip`. */
export function costModelCases<S extends CostSubject>(
  harness: Harness<S>,
  lacks: readonly 'dated'[] = [],
): readonly ConformanceCase[] {
  const skip = lacks.includes('dated') ? { skip: 'dated' } : {};
  return [
    ...[...QUOTES, ...CHARGES].map(([name, run]) => conformanceCase(harness, name, run)),
    { ...conformanceCase(harness, ...DATED), ...skip },
  ];
}
