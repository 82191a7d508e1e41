import type { Clock } from 'vidpipe';
import { type OperationStatus, ProviderError, type Reply, type Usage } from 'vidpipe/provider';
import type { Making, ModelFault, ModelFaultKind } from './faults.ts';
import type { SeededRandom } from './random.ts';
import { isBilled, type Made, replyOf } from './replies.ts';

/** One line of the service's own billing record, written when it takes a submission. */
export interface SimulatedBill {
  readonly callId: string;
  readonly making: Making;
  readonly microUsd: number;
}

/** Times of the world's models, milliseconds: short, so that a film takes seconds on the virtual clock. */
export const TIMES = {
  requestDeadlineMs: 4_000,
  submitWithinMs: 2_000,
  typicalMs: 800,
  deadlineMs: 12_000,
  pollMs: 300,
};

/** Prices in micro-dollars: per token in and out, per picture, per second. */
export const PRICES = { input: 1, output: 4, image: 20_000, second: 50_000 };

function priceOf({ inputTokens = 0, outputTokens = 0, images = 0, seconds = 0 }: Usage): number {
  return inputTokens * PRICES.input + outputTokens * PRICES.output + images * PRICES.image + seconds * PRICES.second;
}

interface Job {
  readonly callId: string;
  readonly doneAt: number;
  readonly reply: Reply;
  failingLooks: number;
}

const error = (fields: ConstructorParameters<typeof ProviderError>[0]): ProviderError => new ProviderError(fields);

/** The service behind the world's models: what it has taken, makes and bills, whatever becomes of those who asked. */
export class SimulatedService {
  readonly bills: SimulatedBill[] = [];
  /** Jobs that were looked at by their handle. */
  readonly looked = new Set<string>();
  /** Requests of any kind that have reached it. */
  requests = 0;
  /** Nothing goes wrong any more, except for what has been taken before. */
  calm = false;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #faults: readonly ModelFault[];
  readonly #onFault: (name: string) => void;
  readonly #jobs = new Map<string, Job>();
  readonly #reached = new Map<Making, number>();

  constructor(
    clock: Clock,
    random: SeededRandom,
    faults: readonly ModelFault[],
    onFault: (name: string) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#onFault = onFault;
  }

  /** One submission, until its answer is there: for a video that it is taken, for the others the result. `keyed`: the same call again is the same job. */
  async submit(
    making: Making,
    callId: string,
    keyed: boolean,
    make: (fault: ModelFaultKind | null) => Made,
  ): Promise<Reply | null> {
    this.requests += 1;
    await this.#clock.sleep(this.#random.whole(5, 50) + this.#random.next());
    const known = keyed ? this.#jobs.get(callId) : undefined;
    if (known !== undefined) return this.#answer(making, known);
    const fault = this.#nextFault(making);
    this.#turnAway(fault);
    const job = this.#take(making, callId, fault, make);
    if (fault === 'answer-lost')
      throw error({ kind: 'transient', accepted: 'unknown', message: 'the answer was lost' });
    if (fault === 'no-answer') await new Promise(() => undefined);
    if (fault === 'late-answer') await this.#clock.sleep(TIMES.requestDeadlineMs + 1_000);
    return this.#answer(making, job);
  }

  /** How a job stands; `undefined` when the service has never taken it. */
  statusOf(callId: string): OperationStatus | undefined {
    this.requests += 1;
    const job = this.#jobs.get(callId);
    if (job === undefined) return undefined;
    if (job.failingLooks > 0) {
      job.failingLooks -= 1;
      throw error({ kind: 'transient', accepted: 'unknown', message: 'a look failed, as planned' });
    }
    return this.#clock.monotonic() < job.doneAt ? { state: 'running' } : job.reply;
  }

  /** What the service bills in all, micro-dollars. */
  get billed(): number {
    return this.bills.reduce((sum, { microUsd }) => sum + microUsd, 0);
  }

  async #answer(making: Making, job: Job): Promise<Reply | null> {
    if (making === 'video') return null;
    await this.#clock.sleep(job.doneAt - this.#clock.monotonic());
    return job.reply;
  }

  #nextFault(making: Making): ModelFaultKind | null {
    const nth = (this.#reached.get(making) ?? 0) + 1;
    this.#reached.set(making, nth);
    const found = this.calm ? undefined : this.#faults.find((each) => each.making === making && each.nth === nth);
    if (found === undefined) return null;
    this.#onFault(`${making} ${found.fault}`);
    return found.fault;
  }

  /** Throws for what is not taken. */
  #turnAway(fault: ModelFaultKind | null): void {
    const message = `${fault}, as planned`;
    if (fault === 'transient') throw error({ kind: 'transient', accepted: 'no', message });
    if (fault === 'rate-limited') throw error({ kind: 'rate-limited', accepted: 'no', message, retryAfterMs: 700 });
    if (fault === 'refused') throw error({ kind: 'invalid-request', accepted: 'no', message });
    if (fault === 'unknown-not-taken') throw error({ kind: 'transient', accepted: 'unknown', message });
  }

  #take(
    making: Making,
    callId: string,
    fault: ModelFaultKind | null,
    make: (fault: ModelFaultKind | null) => Made,
  ): Job {
    const made = make(fault);
    if (isBilled(fault)) this.bills.push({ callId, making, microUsd: priceOf(made.usage) });
    const job = {
      callId,
      doneAt: this.#clock.monotonic() + this.#takes(making, fault),
      reply: replyOf(made, callId, fault),
      failingLooks: fault === 'looks-fail' ? 3 : 0,
    };
    this.#jobs.set(callId, job);
    return job;
  }

  #takes(making: Making, fault: ModelFaultKind | null): number {
    if (fault === 'endless') return Infinity;
    if (fault === 'overdue') return TIMES.deadlineMs + 2_000;
    const most = making === 'video' ? TIMES.typicalMs : 400;
    return this.#random.whole(100, most) + this.#random.next();
  }
}
