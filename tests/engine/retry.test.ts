import { describe, expect, it } from 'vitest';
import { type Clock, ProviderError } from 'vidpipe';
import { SeededRandom, VirtualClock } from 'vidpipe/testing';
import { backoff, retrying } from '../../src/engine/retry.ts';

/** What a way of repeating is given. Nothing here says how it is made. */
interface Repeats {
  readonly tries: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal?: AbortSignal;
  readonly isRetryable: (error: unknown) => boolean;
  readonly leftMs?: () => number;
}
type Retry = <T>(operation: () => Promise<T>, repeats: Repeats) => Promise<T>;

/** The same in ten lines, without any library. */
const plain: Retry = async (operation, { tries, clock, random, signal, isRetryable, leftMs = () => Infinity }) => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      const asked = error instanceof ProviderError ? error.retryAfterMs : null;
      const wait = asked ?? Math.min(30_000, 250 * 2 ** attempt) * (1 + random() / 4);
      const over = attempt >= tries || !isRetryable(error) || wait >= leftMs();
      if (
        over ||
        (await clock.sleep(wait, signal).then(
          () => false,
          () => true,
        ))
      )
        throw error;
    }
  }
};

const limited = (retryAfterMs?: number): ProviderError =>
  new ProviderError({
    kind: 'rate-limited',
    accepted: 'no',
    message: 'slow down',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

const always = (): boolean => true;

describe.each<readonly [string, Retry]>([
  ['ours', retrying],
  ['ten lines', plain],
])('repeating: %s', (_, retry) => {
  /** When an operation that fails with `errors`, one after another and the last one for ever, was tried, and what came of it. */
  async function tried(
    errors: readonly (Error | null)[],
    repeats: Partial<Repeats> = {},
  ): Promise<{ readonly at: number[]; readonly end: unknown }> {
    const clock = new VirtualClock();
    const at: number[] = [];
    const operation = async (): Promise<string> => {
      at.push(clock.monotonic());
      const error = errors[Math.min(at.length, errors.length) - 1] ?? null;
      if (error !== null) throw error;
      return 'done';
    };
    const given: Repeats = { tries: 5, clock, random: () => 0, isRetryable: always, ...repeats };
    const end = await clock.run(retry(operation, given).catch((error: unknown) => error));
    return { at, end };
  }

  it('stops at the first success', async () => {
    expect(await tried([null])).toEqual({ at: [0], end: 'done' });
    expect(await tried([new Error('one'), null])).toEqual({ at: [0, 500], end: 'done' });
  });

  it.each([1, 2, 4, 9])('makes %i tries and no more, and throws the last error', async (tries) => {
    const errors = Array.from({ length: 12 }, (__, index) => new TypeError(`fetch failed ${index + 1}`));
    const { at, end } = await tried(errors, { tries });
    expect(at).toHaveLength(tries);
    expect(end).toBe(errors[tries - 1]);
  });

  it('waits half a second, doubling up to half a minute', async () => {
    const { at } = await tried([new Error('no')], { tries: 10 });
    const waits = at.slice(1).map((each, index) => each - at[index]!);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('adds up to a quarter, another one each time', async () => {
    const shares: number[] = [];
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = new SeededRandom(seed);
      const { at } = await tried([new Error('no')], { tries: 3, random: () => random.next() });
      shares.push(at[1]! / 500, (at[2]! - at[1]!) / 1000);
    }
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1.25);
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.2);
    expect(new Set(shares).size).toBeGreaterThan(90);
  });

  it('waits as long as it is asked to, neither shorter nor longer', async () => {
    const { at } = await tried([limited(7_000), limited(0), limited(), null], { random: () => 0.5 });
    expect(at).toEqual([0, 7_000, 7_000, 7_000 + 2_000 * 1.125]);
  });

  it('does not wait longer than there is time', async () => {
    const clock = new VirtualClock();
    const leftMs = (): number => 10_000 - clock.monotonic();
    expect(await tried([limited(10_000), null], { clock, leftMs })).toMatchObject({ end: limited(10_000) });
    const asked = limited(6_000);
    const times: number[] = [];
    const operation = (): Promise<never> => (times.push(clock.monotonic()), Promise.reject(asked));
    const repeats = { tries: 9, clock, random: () => 0, isRetryable: always, leftMs };
    expect(await clock.run(retry(operation, repeats).catch((error: unknown) => error))).toBe(asked);
    expect(times).toEqual([0, 6_000]);
  });

  it('repeats nothing that is not marked', async () => {
    const end = new Error('final');
    const isRetryable = (error: unknown): boolean => error !== end;
    expect(await tried([new Error('passing'), end, null], { isRetryable })).toEqual({ at: [0, 500], end });
    expect(await tried([limited(5), null], { isRetryable: () => false })).toMatchObject({ at: [0] });
  });

  it('is ended at once by a stop in a wait, and keeps the error that it waited for', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    let tries = 0;
    const error = limited(3_600_000);
    const operation = (): Promise<never> => ((tries += 1), Promise.reject(error));
    const repeats = { tries: 9, clock, random: () => 0, signal: stop.signal, isRetryable: always };
    const ended = retry(operation, repeats).catch((thrown: unknown) => thrown);
    await clock.advance(1_000);
    stop.abort();
    expect(await ended).toBe(error);
    expect([clock.monotonic(), clock.waiting, tries]).toEqual([1_000, 0, 1]);
  });

  it('throws an error for whatever was thrown', async () => {
    expect(String((await tried(['text' as unknown as Error], { tries: 2 })).end)).toContain('text');
  });
});

it('waits between facts that are not durable grow in the same way', () => {
  expect([0, 1, 6, 50].map((attempt) => backoff({ random: () => 0 }, attempt))).toEqual([500, 1000, 30_000, 30_000]);
  expect(backoff({ random: () => 0.999 }, 50)).toBeLessThanOrEqual(37_500);
});
