import { Records } from './files.ts';
import { type GooglePrice, type GooglePrices, PRICES } from './prices.ts';

/** What one accepted request used. */
export interface GoogleUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly images?: number;
  /** Size of the pictures. */
  readonly size?: string;
  /** Seconds of all delivered clips together. */
  readonly seconds?: number;
  readonly resolution?: string;
  readonly audio?: boolean;
}

/** One entry of the loopback Google's billing record. */
export interface GoogleBill {
  /** Of the operation, the interaction or the reply. */
  readonly id: string;
  readonly model: string;
  readonly microUsd: number;
  /** When it was accepted, milliseconds since 1970. */
  readonly at: number;
  readonly usage: GoogleUsage;
}

const ceil = (amount: number): number => Math.ceil(Number(amount.toFixed(6)));

function amountOf(price: GooglePrice, usage: GoogleUsage): number {
  const { inputTokens = 0, outputTokens = 0, images = 0, size = 'any', seconds = 0, resolution = '', audio } = usage;
  const { input = 0, output = 0, unit = {}, silent = {} } = price;
  const second = (audio === false ? silent[resolution] : undefined) ?? unit[resolution] ?? 0;
  const tokens = ceil((inputTokens * input) / 1_000_000) + ceil((outputTokens * output) / 1_000_000);
  return tokens + images * (unit[size] ?? 0) + ceil(seconds * second);
}

/**
 * The loopback Google's own record of what it bills: one synced file for each accepted request, written before the answer. A request whose result a
 * filter or a failure takes is on it with what is billed in the end, mostly nothing.
 */
export class Ledger {
  readonly #records: Records<GoogleBill>;
  readonly #prices: GooglePrices;

  constructor(folder: string, prices: GooglePrices = {}) {
    this.#records = new Records(folder);
    this.#prices = { ...PRICES, ...prices };
  }

  /** Bills a request, or corrects the bill of that id. */
  async bill({ id, model, at, usage }: Omit<GoogleBill, 'microUsd'>): Promise<void> {
    const begun = (this.#prices[model] ?? []).filter(({ from }) => from === undefined || Date.parse(from) <= at);
    const price = begun.at(-1);
    if (price === undefined) throw new Error(`the loopback Google has no price for ${model}`);
    await this.#records.write(id, { id, model, microUsd: amountOf(price, usage), at, usage });
  }

  /** All bills, oldest first. */
  async all(): Promise<readonly GoogleBill[]> {
    const bills = await this.#records.all();
    return bills.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }
}
