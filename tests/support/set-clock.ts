import type { Clock } from 'vidpipe';

/** A clock whose wall time can be set, as an administrator or a time server does; time itself goes on as it did. */
export class SetClock implements Clock {
  readonly #inner: Clock;
  #offset = 0;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now() + this.#offset;
  }

  monotonic(): number {
    return this.#inner.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#inner.sleep(ms, signal);
  }

  /** Sets the wall clock forward, or back. */
  jump(ms: number): void {
    this.#offset += ms;
  }
}
