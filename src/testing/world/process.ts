import type { Clock, Inspect, MediaTool, Score } from 'vidpipe';
import type { Model, Provider } from 'vidpipe/provider';
import type { AssetStore, EventStore, Lease } from 'vidpipe/storage';

/** Told of each probe that is passed; answers whether the process stops there. */
export type OnProbe = (name: string, process: SimulatedProcess) => boolean;

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Probes between the last look at the clock and the sending. A process that stands still just there and then goes on is the one window that
 * `docs/guarantees.md` leaves open; in the world the request is then never sent.
 */
const SENDING = ['generate', 'start'];

/** Each answer of a model comes at a moment of its own, so that the files of two are never written at once: the order would be the machine's. */
const ANSWERED = [...SENDING, 'check', 'lookUp', 'cancel', 'fetch'];
const answers = new WeakMap<Clock, number>();

/** Part of a millisecond that no other answer of the same world has. */
function apart(clock: Clock): number {
  const nth = (answers.get(clock) ?? 0) + 1;
  answers.set(clock, nth);
  return (nth % 1000) / 1000;
}

/**
 * A process that can stop at any await: what it uses is wrapped, and each operation passes a probe before and after it. Once frozen it does nothing
 * any more, until it is thawed, if ever. What it has sent is on its way all the same.
 */
export class SimulatedProcess {
  readonly name: string;
  /** Resolves when it freezes for the first time. */
  readonly stopped: Promise<'stopped'>;
  readonly #clock: Clock;
  readonly #onProbe: OnProbe;
  #tellStopped: () => void = () => undefined;
  #held: Promise<void> | null = null;
  #thaw: () => void = () => undefined;

  constructor(name: string, clock: Clock, onProbe: OnProbe) {
    this.name = name;
    this.#clock = clock;
    this.#onProbe = onProbe;
    this.stopped = new Promise((resolve) => (this.#tellStopped = () => resolve('stopped')));
  }

  /** Whether it stands still now. */
  get isFrozen(): boolean {
    return this.#held !== null;
  }

  /** Stops it where it stands. */
  freeze(): void {
    this.#held ??= new Promise((resolve) => (this.#thaw = resolve));
    this.#tellStopped();
  }

  /** Lets it go on. */
  thaw(): void {
    this.#held = null;
    this.#thaw();
  }

  /** Its view of the time: sleeps do not end while it is frozen. */
  clock(): Clock {
    const inner = this.#clock;
    return {
      now: () => inner.now(),
      monotonic: () => inner.monotonic(),
      sleep: async (ms, signal) => {
        try {
          await inner.sleep(ms, signal);
        } finally {
          await this.#whileFrozen();
        }
      },
    };
  }

  /** Its view of the log. */
  events(inner: EventStore): EventStore {
    return {
      specVersion: 1,
      append: this.#probed('append', inner.append.bind(inner)),
      read: this.#streamed('read', inner.read.bind(inner)),
      list: this.#probed('list', inner.list.bind(inner)),
      lease: async (...args) => this.#lease(await this.#probed('lease', inner.lease.bind(inner))(...args)),
      leaseOf: this.#probed('leaseOf', inner.leaseOf.bind(inner)),
      pool: this.#probed('pool', inner.pool.bind(inner)),
      delete: this.#probed('delete', inner.delete.bind(inner)),
    };
  }

  /** Its view of the bytes. */
  assets(inner: AssetStore): AssetStore {
    return {
      specVersion: 1,
      put: this.#probed('put', inner.put.bind(inner)),
      get: this.#probed('get', inner.get.bind(inner)),
      delete: this.#probed('delete', inner.delete.bind(inner)),
      list: () => inner.list(),
    };
  }

  /** Its view of ffmpeg. */
  media(inner: MediaTool): MediaTool {
    return this.#members(inner, ['probe', 'verify', 'stitch', 'fitImage', 'frameOf']);
  }

  /** Its view of those who look at takes. */
  inspect(inner: Inspect): Inspect {
    return this.#probed('inspect', async (...args: Parameters<Inspect>) => inner(...args));
  }

  /** Its view of those who say which take is best. */
  score(inner: Score): Score {
    return this.#probed('score', async (...args: Parameters<Score>) => inner(...args));
  }

  /** Its view of a provider. */
  provider(inner: Provider): Provider {
    const model = (id: string): Model =>
      this.#members(inner.model(id), ['generate', 'start', 'check', 'cancel', 'lookUp'] as never);
    return { ...inner, model };
  }

  /** Its view of the network. */
  fetch(inner: typeof fetch): typeof fetch {
    return this.#probed('fetch', inner);
  }

  #lease(lease: Lease): Lease {
    return {
      ...lease,
      renew: this.#probed('renew', () => lease.renew()),
      release: this.#probed('release', () => lease.release()),
    };
  }

  /** A copy whose named members pass probes. */
  #members<T extends object>(inner: T, names: readonly (keyof T & string)[]): T {
    const members = names.flatMap((name) => {
      const member = Reflect.get(inner, name) as Method | undefined;
      return member === undefined ? [] : [[name, this.#probed(name, member.bind(inner) as never)] as const];
    });
    return { ...inner, ...Object.fromEntries(members) };
  }

  #probed<A extends readonly unknown[], T>(name: string, work: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return async (...args) => {
      const held = this.#pass(name);
      if (held !== null) await (SENDING.includes(name) ? new Promise(() => undefined) : held);
      try {
        return await work(...args);
      } finally {
        await this.#pass(`${name} done`);
        if (ANSWERED.includes(name)) await this.#clock.sleep(apart(this.#clock));
      }
    };
  }

  #streamed<A extends readonly unknown[], T>(
    name: string,
    work: (...args: A) => AsyncIterable<T>,
  ): (...args: A) => AsyncIterable<T> {
    const pass = (): Promise<void> | null => this.#pass(name);
    return async function* (...args: A) {
      await pass();
      yield* work(...args);
    };
  }

  /** `null`: it goes on at once. */
  #pass(name: string): Promise<void> | null {
    if (this.#held === null && this.#onProbe(name, this)) this.freeze();
    return this.#held === null ? null : this.#whileFrozen();
  }

  async #whileFrozen(): Promise<void> {
    while (this.#held !== null) await this.#held;
  }
}
