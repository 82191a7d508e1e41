import type { Clock } from 'vidpipe';
import type { CancelOutcome, MediaRef, OperationStatus, Reply, Usage } from 'vidpipe/provider';
import type { Making, ModelFault, ModelFaultKind } from './faults.ts';
import { LINK_FAULTS, LinkedResults } from './links.ts';
import type { SeededRandom } from './random.ts';
import { failedLook, loseAnswer, turnAway } from './refusals.ts';
import { isBilled, type Made, replyOf } from './replies.ts';

/** One line of the service's own billing record, written when it takes a submission, and struck out when that is cancelled soon. */
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
  pollMs: 200,
};

/** Prices in micro-dollars: per token in and out, per picture, per second. */
export const PRICES = { input: 1, output: 4, image: 20_000, second: 50_000 };

function priceOf({ inputTokens = 0, outputTokens = 0, images = 0, seconds = 0 }: Usage): number {
  return inputTokens * PRICES.input + outputTokens * PRICES.output + images * PRICES.image + seconds * PRICES.second;
}

interface Job {
  readonly callId: string;
  readonly fault: ModelFaultKind | null;
  readonly usage: Usage;
  readonly takenAt: number;
  doneAt: number;
  reply: Reply;
  failingLooks: number;
}

/** Looks that fail one after another. */
const FAILING_LOOKS: Readonly<Partial<Record<ModelFaultKind, number>>> = { 'looks-fail': 3, 'looks-fail-often': 50 };

/** What a service is made of. */
export interface ServiceOptions {
  /** What latencies pass on. */
  readonly clock: Clock;
  /** What latencies are drawn from. */
  readonly random: SeededRandom;
  /** @default none */
  readonly faults?: readonly ModelFault[];
  /** Clips are delivered by signed link. @default false */
  readonly links?: boolean;
  /** Told of each fault that happens. */
  readonly onFault?: (name: string) => void;
}

/** The service behind the world's models: what it has taken, makes and bills, whatever becomes of those who asked. */
export class SimulatedService {
  #bills: SimulatedBill[] = [];
  /** Jobs that were looked at by their handle. */
  readonly looked = new Set<string>();
  /** Requests of any kind that have reached it. */
  requests = 0;
  /** Nothing goes wrong any more, except for what has been taken before. */
  calm = false;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #faults: readonly ModelFault[];
  readonly #links: boolean;
  readonly #results = new LinkedResults();
  readonly #onFault: (name: string) => void;
  readonly #jobs = new Map<string, Job>();
  readonly #reached = new Map<Making, number>();

  constructor({ clock, random, faults = [], links = false, onFault = () => undefined }: ServiceOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#links = links;
    this.#onFault = onFault;
  }

  /** Its billing record, oldest first. */
  get bills(): readonly SimulatedBill[] {
    return this.#bills;
  }

  /** One submission, until its answer is there: for a video that it is taken, for the others the result. `keyed`: the same call again is the same job. */
  async submit(
    making: Making,
    callId: string,
    keyed: boolean,
    make: (fault: ModelFaultKind | null) => Made,
  ): Promise<Reply | null> {
    await this.#reach();
    const known = keyed ? this.#jobs.get(callId) : undefined;
    if (known !== undefined) return this.#answer(making, known);
    const fault = this.#nextFault(making);
    await turnAway(fault);
    const job = this.#take(making, callId, fault, make);
    await loseAnswer(fault);
    if (fault === 'no-answer') await new Promise(() => undefined);
    if (fault === 'late-answer') await this.#clock.sleep(TIMES.requestDeadlineMs + 1_000);
    return this.#answer(making, job);
  }

  /** How a job stands that is looked up by its call; `undefined` when the service has never taken it. */
  async statusOf(callId: string): Promise<OperationStatus | undefined> {
    this.requests += 1;
    const job = this.#jobs.get(callId);
    if (job === undefined) return undefined;
    if (job.failingLooks > 0 && !this.calm) {
      job.failingLooks -= 1;
      throw await failedLook();
    }
    return this.#clock.monotonic() < job.doneAt ? { state: 'running' } : job.reply;
  }

  /** How a job stands that is looked at by its handle; one that has vanished is not known any more. */
  async look(callId: string): Promise<OperationStatus> {
    this.looked.add(callId);
    const status = await this.statusOf(callId);
    const vanished = this.#jobs.get(callId)?.fault === 'vanished';
    return status === undefined || vanished ? { state: 'failed', kind: 'lost', message: 'no such job' } : status;
  }

  /** Ends a running job. It costs nothing in the first half of its time. */
  async cancel(callId: string): Promise<CancelOutcome> {
    await this.#reach();
    const [job, now] = [this.#jobs.get(callId), this.#clock.monotonic()];
    if (job === undefined || now >= job.doneAt) return { outcome: 'too-late', charged: 'unknown' };
    this.#onFault('cancelled');
    const late = now - job.takenAt > (job.doneAt - job.takenAt) / 2;
    const billed = late && this.#bills.some((bill) => bill.callId === callId);
    if (!late) this.#bills = this.#bills.filter((bill) => bill.callId !== callId);
    const cost = billed ? ({ charged: 'yes', usage: job.usage } as const) : ({ charged: 'no' } as const);
    job.doneAt = now;
    job.reply = { state: 'failed', kind: 'transient', message: 'it was cancelled', ...cost };
    return { outcome: 'cancelled', charged: cost.charged };
  }

  /** Serves the links of its results. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    await this.#reach();
    return this.#results.answer(new URL(input instanceof Request ? input.url : input), new Headers(init?.headers));
  };

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

  /** A request takes a moment to arrive. */
  async #reach(): Promise<void> {
    this.requests += 1;
    await this.#clock.sleep(this.#random.whole(5, 50) + this.#random.next());
  }

  #take(
    making: Making,
    callId: string,
    fault: ModelFaultKind | null,
    make: (fault: ModelFaultKind | null) => Made,
  ): Job {
    const made = make(fault);
    if (isBilled(fault)) this.#bills.push({ callId, making, microUsd: priceOf(made.usage) });
    const takenAt = this.#clock.monotonic();
    const job = {
      callId,
      fault,
      usage: made.usage,
      takenAt,
      doneAt: takenAt + this.#takes(making, fault),
      reply: replyOf(made, callId, fault, (bytes) => this.#deliver(making, callId, fault, bytes)),
      failingLooks: (fault === null ? undefined : FAILING_LOOKS[fault]) ?? 0,
    };
    this.#jobs.set(callId, job);
    return job;
  }

  #deliver(making: Making, callId: string, fault: ModelFaultKind | null, bytes: Uint8Array): MediaRef {
    const linked = (this.#links && making === 'video') || (fault !== null && LINK_FAULTS.includes(fault));
    return linked ? this.#results.link(callId, bytes, fault) : { bytes };
  }

  #takes(making: Making, fault: ModelFaultKind | null): number {
    if (fault === 'endless') return Infinity;
    if (fault === 'overdue') return TIMES.deadlineMs + 2_000;
    const most = making === 'video' ? TIMES.typicalMs : 400;
    return this.#random.whole(100, most) + this.#random.next();
  }
}
