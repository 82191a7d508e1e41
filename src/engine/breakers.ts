import type { ReplacedReason } from '../project/events.ts';
import type { Clock, Logger, ModelId } from '../spec/index.ts';
import { POLICY, type RetryOptions } from './policy.ts';

/** Why a model is not asked now. `retryAt` in milliseconds since 1970; `null`: never again. */
export interface Barred {
  readonly reason: Exclude<ReplacedReason, 'refused'>;
  readonly retryAt: number | null;
}

/** The right to make one call to a model; `leave` gives it back when it is known how that call was answered. */
export interface Pass {
  leave(): void;
}

/** State of a breaker: `open` lets no call through until `retryAt`, `half-open` one, to see whether the model works again. */
export interface BreakerState {
  readonly state: 'closed' | 'open' | 'half-open';
  /** Why it is not closed. */
  readonly reason: Barred['reason'] | null;
  /** When a call is let through again, ISO 8601; `null` where one is now, and for a retired model never. */
  readonly retryAt: string | null;
}

/** What is known of one model in this process. */
interface Health {
  /** Failed calls in a row, each begun after the one before had failed. */
  failures: number;
  /** When the last of them failed, milliseconds since 1970. */
  failedAt: number;
  /** Until when it is left alone, on the monotonic clock. */
  until: number | null;
  /** It has failed too often: after `until` one call goes first. Else its provider has asked for a pause. */
  tripped: boolean;
  /** Trips in a row. */
  trips: number;
  reason: Barred['reason'];
  retired: boolean;
  limitedAt: number | null;
  probe: PromiseWithResolvers<void> | null;
}

/** A failure that says something of the model, and not of one request. */
export type OutageKind = 'transient' | 'rate-limited' | 'retired';

/** Whether a kind of failure is the model's own: an outage, a quota, its end. */
export function isOutage(kind: string): kind is OutageKind {
  return kind === 'transient' || kind === 'rate-limited' || kind === 'retired';
}

const NO_ONE_WAITS = (): void => undefined;

/** The models of a pipeline and how they fare, in memory: who is asked, who is left alone, and until when. */
export class Breakers {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #policy: Required<RetryOptions>;
  readonly #models = new Map<ModelId, Health>();

  constructor(clock: Clock, logger: Logger, random: () => number, policy: Required<RetryOptions>) {
    this.#clock = clock;
    this.#logger = logger;
    this.#random = random;
    this.#policy = policy;
  }

  /** Waits for a turn to call a model: out a pause that is not too long, and for the outcome of a probe. Rejects when `signal` ends the wait. */
  async enter(model: ModelId, signal: AbortSignal): Promise<Pass | Barred> {
    const health = this.#of(model);
    for (;;) {
      const barred = this.barred(model);
      const pausedFor = health.tripped || health.until === null ? Infinity : health.until - this.#clock.monotonic();
      if (barred !== null && (health.retired || pausedFor > this.#policy.patienceMs)) return barred;
      if (barred !== null) await this.#clock.sleep(pausedFor, signal);
      else if (health.probe !== null) await ended(health.probe.promise, signal);
      else return this.#pass(health);
    }
  }

  /** Why a model is not asked now; `null` where it is, if only by one call. */
  barred(model: ModelId): Barred | null {
    const { retired, until, reason } = this.#of(model);
    if (retired) return { reason: 'retired', retryAt: null };
    const now = this.#clock.monotonic();
    if (until === null || until <= now) return null;
    // Clocks leave out parts of a millisecond: what is told is never too early.
    return { reason, retryAt: Math.ceil(this.#clock.now() + until - now) + 1 };
  }

  /** When a step that has used up its tries may try again, milliseconds since 1970. */
  later(): number {
    return this.#clock.now() + this.#policy.openMs;
  }

  /** A model has answered: whatever it said, it works. */
  answered(model: ModelId): void {
    const health = this.#of(model);
    health.failures = 0;
    if (health.until === null || health.until > this.#clock.monotonic()) return;
    Object.assign(health, { until: null, tripped: false, trips: 0 });
  }

  /** A 429, also one that the same call got over. */
  limited(model: ModelId): void {
    this.#of(model).limitedAt = this.#clock.now();
  }

  /** A call has failed for good. One that was begun (milliseconds since 1970) before the last failure tells nothing new but how long to wait. */
  failed(model: ModelId, begun: number, kind: string, retryAfterMs: number | null): void {
    if (!isOutage(kind)) return this.answered(model);
    const health = this.#of(model);
    if (kind === 'retired') return void (health.retired = true);
    const reason = kind === 'rate-limited' ? kind : 'failing';
    const asked = retryAfterMs ?? (kind === 'rate-limited' ? POLICY.rateLimitedMs : 0);
    if (asked > 0) this.#leaveAlone(health, asked, reason);
    if (begun < health.failedAt) return;
    health.failures += 1;
    health.failedAt = this.#clock.now();
    if (health.tripped || health.failures >= this.#policy.failures) this.#trip(model, health, reason);
  }

  /** How a model's breaker stands. */
  state(model: ModelId): BreakerState & { readonly lastRateLimitedAt: string | null } {
    const { limitedAt, tripped, reason } = this.#of(model);
    const lastRateLimitedAt = limitedAt === null ? null : iso(limitedAt);
    const barred = this.barred(model);
    if (barred === null)
      return tripped
        ? { state: 'half-open', reason, retryAt: null, lastRateLimitedAt }
        : { state: 'closed', reason: null, retryAt: null, lastRateLimitedAt };
    const retryAt = barred.retryAt === null ? null : iso(barred.retryAt);
    return { state: 'open', reason: barred.reason, retryAt, lastRateLimitedAt };
  }

  #of(model: ModelId): Health {
    let health = this.#models.get(model);
    if (health === undefined) {
      health = {
        failures: 0,
        failedAt: -Infinity,
        until: null,
        tripped: false,
        trips: 0,
        reason: 'failing',
        retired: false,
        limitedAt: null,
        probe: null,
      };
      this.#models.set(model, health);
    }
    return health;
  }

  #pass(health: Health): Pass {
    if (!health.tripped) return { leave: NO_ONE_WAITS };
    const probe = Promise.withResolvers<void>();
    health.probe = probe;
    const leave = (): void => {
      if (health.probe === probe) health.probe = null;
      probe.resolve();
    };
    return { leave };
  }

  #leaveAlone(health: Health, ms: number, reason: Barred['reason']): void {
    health.until = Math.max(this.#clock.monotonic() + ms, health.until ?? 0);
    health.reason = reason;
  }

  #trip(model: ModelId, health: Health, reason: Barred['reason']): void {
    const openMs = Math.min(POLICY.mostOpenMs, this.#policy.openMs * 2 ** health.trips);
    this.#leaveAlone(health, openMs * (1 + this.#random() * POLICY.waits.jitter), reason);
    health.tripped = true;
    health.trips += 1;
    this.#logger.warn({ model, reason, retryAt: this.state(model).retryAt }, 'a model is left alone for a while');
  }
}

const iso = (at: number): string => new Date(at).toISOString();

/** Resolves with `done`, or rejects with the signal's reason. */
function ended(done: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const over = Promise.withResolvers<void>();
  const abort = (): void => over.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([done, over.promise]).finally(() => signal.removeEventListener('abort', abort));
}
