import { InvalidSettingsError } from '../errors/index.ts';
import type {
  ChargeRequest,
  CostModel,
  MicroUsd,
  ModelId,
  Price,
  PriceRequest,
  Provider,
  Rate,
  Usage,
} from '../spec/index.ts';

const MILLION = 1_000_000;

type Units = Readonly<Record<Rate['unit'], number | undefined>>;

function applies(rate: Rate, request: PriceRequest): boolean {
  if (rate.validFrom !== undefined && request.at < rate.validFrom) return false;
  if (rate.validTo !== undefined && request.at >= rate.validTo) return false;
  if (rate.when?.audio !== undefined && rate.when.audio !== (request.audio ?? false)) return false;
  return rate.when?.resolution === undefined || rate.when.resolution === request.resolution;
}

const narrowness = (rate: Rate | undefined): number => Object.keys(rate?.when ?? {}).length;

/** The narrowest rate that applies for each unit: the more its `when` says, the narrower. */
function ratesFor(rates: readonly Rate[], request: PriceRequest): readonly Rate[] {
  const byUnit = new Map<Rate['unit'], Rate>();
  for (const rate of rates) {
    const known = byUnit.get(rate.unit);
    const narrower = known === undefined || narrowness(rate) > narrowness(known);
    if (narrower && applies(rate, request)) byUnit.set(rate.unit, rate);
  }
  return [...byUnit.values()];
}

/** Sum over the rates, each rounded up to a whole micro-dollar; `null` when a unit's amount is unknown. */
function total(rates: readonly Rate[], units: Units): MicroUsd | null {
  let micro = 0;
  for (const rate of rates) {
    const count = units[rate.unit];
    if (count === undefined) return null;
    const perUnit = rate.unit.endsWith('token') ? rate.price / MILLION : rate.price;
    micro += Math.ceil(Number((count * perUnit).toFixed(6)));
  }
  return micro as MicroUsd;
}

/** Units of a request; `share` is how much of the most tokens is counted. */
function unitsOf({ images, seconds, inputTokens, maxOutputTokens }: PriceRequest, share: number): Units {
  const part = (tokens: number | undefined): number | undefined => tokens && Math.ceil(tokens * share);
  return {
    call: 1,
    image: images,
    second: seconds,
    'input-token': part(inputTokens),
    'output-token': part(maxOutputTokens),
  };
}

function unitsUsed(request: PriceRequest, usage: Usage): Units {
  return {
    call: usage.calls ?? 1,
    image: usage.images ?? request.images,
    second: usage.seconds ?? request.seconds,
    'input-token': usage.inputTokens,
    'output-token': usage.outputTokens,
  };
}

/** Your own terms with providers. */
export interface CostTerms {
  /** Rates in place of the catalogue's, by full model id; also for models that it has no price for. */
  readonly rates?: Readonly<Record<ModelId, readonly Rate[]>>;
  /** Taken off every rate, from 0 to below 1: `0.1` is ten per cent. @default 0 */
  readonly discount?: number;
}

function discounted(rates: readonly Rate[], discount: number): readonly Rate[] {
  return discount === 0 ? rates : rates.map((rate) => ({ ...rate, price: (rate.price * (1 - discount)) as MicroUsd }));
}

/**
 * Prices from the providers' own catalogues, or on your terms. Per-call, per-image and per-second rates are exact;
 * token rates are an interval: a quarter of the most tokens is expected, all of them the worst.
 * Throws `InvalidSettingsError` for a discount that is none.
 */
export function catalogueCosts(
  providers: readonly Provider[],
  { rates: own = {}, discount = 0 }: CostTerms = {},
): CostModel {
  if (!(discount >= 0 && discount < 1))
    throw new InvalidSettingsError({ issues: [`discount: expected 0 to below 1, got ${discount}`] });
  const entries = new Map<string, readonly Rate[]>([
    ...providers.flatMap(({ id, catalogue }) =>
      catalogue.map((entry): [string, readonly Rate[]] => [`${id}:${entry.id}`, entry.rates]),
    ),
    ...Object.entries(own),
  ]);
  const rates = (request: PriceRequest): readonly Rate[] =>
    ratesFor(discounted(entries.get(request.model) ?? [], discount), request);
  const quote = (request: PriceRequest): Price | null => {
    const found = rates(request);
    const worst = total(found, unitsOf(request, 1));
    const expected = total(found, unitsOf(request, 1 / 4));
    if (found.length === 0 || worst === null || expected === null) return null;
    return { expected, worst, exact: !found.some((rate) => rate.unit.endsWith('token')), rates: found };
  };
  const charge = ({ request, usage }: ChargeRequest): MicroUsd | null => {
    if (usage.microUsd !== undefined) return usage.microUsd as MicroUsd;
    const found = rates(request);
    return found.length === 0 ? null : total(found, unitsUsed(request, usage));
  };
  return { specVersion: 1, quote, charge };
}
