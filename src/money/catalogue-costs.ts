import type {
  ChargeRequest,
  CostModel,
  MicroUsd,
  ModelEntry,
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

/** The narrowest rate that applies for each unit: one with a `when` goes before one without. */
function ratesFor(entry: ModelEntry, request: PriceRequest): readonly Rate[] {
  const byUnit = new Map<Rate['unit'], Rate>();
  for (const rate of entry.rates) {
    const narrower = byUnit.get(rate.unit)?.when === undefined;
    if (applies(rate, request) && (!byUnit.has(rate.unit) || narrower)) byUnit.set(rate.unit, rate);
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

function unitsOf(request: PriceRequest, outputTokens: number | undefined): Units {
  const { images, seconds, inputTokens } = request;
  return { call: 1, image: images, second: seconds, 'input-token': inputTokens, 'output-token': outputTokens };
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

/**
 * Prices from the providers' own catalogues. Per-call, per-image and per-second rates are exact;
 * token rates are an interval: a quarter of the most output tokens is expected, all of them the worst.
 */
export function catalogueCosts(providers: readonly Provider[]): CostModel {
  const entries = new Map(
    providers.flatMap((provider) => provider.catalogue.map((entry) => [`${provider.id}:${entry.id}`, entry])),
  );
  const rates = (request: PriceRequest): readonly Rate[] => {
    const entry = entries.get(request.model);
    return entry === undefined ? [] : ratesFor(entry, request);
  };
  const quote = (request: PriceRequest): Price | null => {
    const found = rates(request);
    const most = request.maxOutputTokens;
    const worst = total(found, unitsOf(request, most));
    const expected = total(found, unitsOf(request, most === undefined ? undefined : Math.ceil(most / 4)));
    if (found.length === 0 || worst === null || expected === null) return null;
    return { expected, worst, exact: !found.some((rate) => rate.unit.endsWith('token')) };
  };
  const charge = ({ request, usage }: ChargeRequest): MicroUsd | null => {
    if (usage.microUsd !== undefined) return usage.microUsd as MicroUsd;
    const found = rates(request);
    return found.length === 0 ? null : total(found, unitsUsed(request, usage));
  };
  return { specVersion: 1, quote, charge };
}
