import type { Clock } from 'vidpipe';

/** A shorter sleep could be lost in rounding; who waits for a moment in a loop would wait for ever. */
const SHORTEST_MS = 1e-6;

interface Timer {
  readonly at: number;
  fire(): void;
  forget(): void;
}

/** Turns of the event loop without anything under way that count as rest once there was something: a child's last words come after its end. */
const QUIET_TURNS = 4;
/** Names of Node's active resources that are work under way: requests to the file system and the like, children. */
const WORK = /Req|^ProcessWrap$/;
/** What wants the next turn is work, too, unless it wants one after another for ever: then it waits for something itself. */
const NEXT_TURN = 'Immediate';
const MOST_TURNS = 50;

function isBusy(turns: number): boolean {
  return process.getActiveResourcesInfo().some((name) => WORK.test(name) || (name === NEXT_TURN && turns < MOST_TURNS));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Time that passes only when told to: `now` begins at `start`, `sleep` ends when `advance` or `run` reach its end.
 * `run` jumps from timer to timer whenever the process has nothing else to do, so that hours pass in milliseconds and in the same
 * order each time. Files and child processes count as something to do, sockets do not: it is not for tests over HTTP.
 */
export class VirtualClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  #set = 0;
  #timers: Timer[] = [];

  /** `start` in milliseconds since 1970. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#start = start;
  }

  now(): number {
    return Math.floor(this.#start + this.#set + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        this.#timers = this.#timers.filter((each) => each !== timer);
        reject(signal?.reason as Error);
      };
      const forget = (): void => signal?.removeEventListener('abort', onAbort);
      const fire = (): void => {
        forget();
        resolve();
      };
      const timer = { at: this.#elapsed + (ms > 0 ? Math.max(ms, SHORTEST_MS) : 0), fire, forget };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#insert(timer);
    });
  }

  /** Sets the wall clock forward by `ms`, or back; no time passes. */
  jump(ms: number): void {
    this.#set += ms;
  }

  /** Forgets all sleeps, which then never end: no signal keeps what waits for them. */
  end(): void {
    for (const timer of this.#timers.splice(0)) timer.forget();
  }

  /** Sleeps that have not ended. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets `ms` pass: every sleep that ends meanwhile ends in its order, and what it wakes runs before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await this.#quiet();
    while ((this.#timers[0]?.at ?? Infinity) <= end) {
      this.#fireNext();
      await this.#quiet();
    }
    this.#elapsed = end;
  }

  /** Lets time pass until `work` is settled, and answers as it does. Throws when everything waits and no sleep is left to end. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    work.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (;;) {
      await this.#quiet();
      if (settled) return work;
      if (this.#timers.length === 0) throw new Error('virtual clock: the work waits, and no sleep is left to end');
      this.#fireNext();
    }
  }

  #insert(timer: Timer): void {
    const place = this.#timers.findLastIndex(({ at }) => at <= timer.at);
    this.#timers.splice(place + 1, 0, timer);
  }

  #fireNext(): void {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    this.#elapsed = Math.max(this.#elapsed, timer.at);
    timer.fire();
  }

  /** Waits until nothing but sleeps is under way. */
  async #quiet(): Promise<void> {
    await turn();
    if (!isBusy(0)) return;
    for (let [quiet, turns] = [0, 1]; quiet < QUIET_TURNS; quiet += 1, turns += 1) {
      await turn();
      if (isBusy(turns)) quiet = -1;
    }
  }
}
