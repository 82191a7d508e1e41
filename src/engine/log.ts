import { randomUUID } from 'node:crypto';
import { PoolFullError, ProjectDeletedError, ProjectNotFoundError, SeqConflictError } from '../errors/index.ts';
import type { EventDraft, ProjectEvent } from '../project/events.ts';
import { countersOf } from '../project/counters.ts';
import { applyEvent } from '../project/fold.ts';
import { storable, upcast } from '../project/formats.ts';
import type { ProjectState } from '../project/state.ts';
import { summaryOf } from '../project/view.ts';
import type { HoldChange, StoredEvent } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { Owed } from './owed.ts';
import { persist, storeFailure } from './persist.ts';
import { POLICY } from './policy.ts';

/** What a decision wants appended, all or nothing. */
export interface Decision {
  readonly events: readonly EventDraft[];
  readonly holds?: readonly HoldChange[];
}

/** Made on a state and made again on a newer one; `null`: nothing (any more). Pure. */
export type Decide = (state: ProjectState) => Decision | null;

/** What became of a decision. */
export type Decided =
  | { readonly outcome: 'appended' }
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'full'; readonly error: PoolFullError };

interface Waiting {
  readonly decide: Decide;
  readonly resolve: (decided: Decided) => void;
  readonly reject: (error: unknown) => void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The only writer of a project's log in this process: one queue, decisions in groups, facts one by one. */
export class ProjectLog {
  readonly projectId: string;
  /** What became of calls and the store does not have yet. */
  readonly owed: Owed;
  readonly #context: EngineContext;
  #state: ProjectState | null = null;
  /** The last event that is true, while others are folded that did not become so and the log could not be read anew yet. */
  #trueTo: number | null = null;
  #waiting: Waiting[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #conflicts = 0;

  constructor(projectId: string, context: EngineContext) {
    this.projectId = projectId;
    this.#context = context;
    this.owed = new Owed(context);
  }

  /** The fold of all that this process has read. Throws `ProjectNotFoundError` before the first `refresh`. */
  get state(): ProjectState {
    if (this.#state === null) throw new ProjectNotFoundError({ projectId: this.projectId });
    return this.#state;
  }

  /** Folds what other processes have appended. Throws `ProjectNotFoundError`, or `ProjectDeletedError` for one that was there before. */
  refresh(): Promise<ProjectState> {
    return this.#serially(async () => {
      await this.#catchUp();
      return this.state;
    });
  }

  /** Appends what `decide` wants on the newest state. Rejects with `EventStoreError` when the store takes nothing. */
  decide(decide: Decide): Promise<Decided> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ decide, resolve, reject });
      void this.#serially(() => this.#decideAll());
    });
  }

  /** Appends facts of a call, whatever else happened, and retries until they are durable; once the pipeline closes, one last time. The same fact twice is one. */
  async fact(callId: string, draft: EventDraft, holds: readonly HoldChange[] = []): Promise<void> {
    const batch = { batchId: `${callId}/${draft.type}`, projectId: this.projectId, events: [storable(draft)], holds };
    const record = async (): Promise<void> => {
      const { seq, at } = await this.#context.events.append(batch);
      this.#context.freed.tell(holds);
      if (seq === 0) return;
      await this.#mend();
      if (seq === this.state.seq + 1) this.#take([this.#stamped(draft, seq, at)]);
      else await this.#catchUp();
    };
    const about = { callId, fact: draft.type, body: draft.body };
    await this.owed.write(batch.batchId, about, () => this.#serially(record));
  }

  /** A decision on what became of a call: made again until the store takes it, or the pipeline closes. */
  async insist(callId: string, decide: Decide): Promise<void> {
    await this.owed.write(callId, { callId }, () => this.decide(decide));
  }

  /** Brings what lists and metrics show up to facts that came after the last decision. Rejects with `EventStoreError` when the store takes nothing. */
  summarise(): Promise<void> {
    return this.#serially(async () => {
      await persist(this.#context, () => this.#mend());
      const shown = { summary: summaryOf(this.state), counters: countersOf(this.state) };
      const batch = { batchId: randomUUID(), projectId: this.projectId, events: [], ...shown };
      await persist(this.#context, () => this.#context.events.append(batch));
    });
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #stamped(draft: EventDraft, seq: number, at: string): ProjectEvent {
    return { seq, at, projectId: this.projectId, format: storable(draft).format, ...draft };
  }

  #take(events: readonly ProjectEvent[]): void {
    for (const event of events) {
      this.#state = applyEvent(this.#state, event);
      this.#context.emit(event);
    }
  }

  /** What is there at the first look is history, which no listener is told of. The last known event is read again: where even that is gone, the project is. */
  async #catchUp(): Promise<void> {
    await this.#mend();
    const history = this.#state === null;
    let isThere = false;
    await this.#read(Math.max(0, (this.#state?.seq ?? 0) - 1), (stored) => {
      isThere = true;
      if (stored.seq <= (this.#state?.seq ?? 0)) return;
      if (history) this.#state = applyEvent(this.#state, upcast(stored));
      else this.#take([upcast(stored)]);
    });
    if (isThere) return;
    const { projectId } = this;
    throw history ? new ProjectNotFoundError({ projectId }) : new ProjectDeletedError({ projectId });
  }

  async #read(after: number, take: (stored: StoredEvent) => void): Promise<void> {
    try {
      for await (const stored of this.#context.events.read(this.projectId, after)) take(stored);
    } catch (error) {
      throw storeFailure(error);
    }
  }

  /** Reads the log anew after provisional events were folded that did not become true. Nothing is emitted twice. */
  async #mend(): Promise<void> {
    const trueTo = this.#trueTo;
    if (trueTo === null) return;
    let state: ProjectState | null = null;
    const news: ProjectEvent[] = [];
    await this.#read(0, (stored) => {
      const event = upcast(stored);
      state = applyEvent(state, event);
      if (event.seq > trueTo) news.push(event);
    });
    this.#state = state;
    this.#trueTo = null;
    for (const event of news) this.#context.emit(event);
  }

  async #decideAll(): Promise<void> {
    const batch = this.#waiting.splice(0);
    if (batch.length === 0) return;
    try {
      await this.#appendGroup(batch);
      this.#conflicts = 0;
    } catch (error) {
      if (error instanceof SeqConflictError) return this.#again(batch);
      if (!(error instanceof PoolFullError)) return batch.forEach(({ reject }) => reject(error));
      const [only, ...more] = batch;
      if (more.length === 0) return only?.resolve({ outcome: 'full', error });
      for (const each of batch) {
        this.#waiting.unshift(each);
        const others = this.#waiting.splice(1);
        await this.#decideAll();
        this.#waiting.push(...others);
      }
    }
  }

  async #again(batch: readonly Waiting[]): Promise<void> {
    this.#waiting.unshift(...batch);
    this.#conflicts += 1;
    await this.#context.clock.sleep(this.#context.random() * POLICY.conflictMs * this.#conflicts);
    return this.#decideAll();
  }

  /** Runs all decisions on one fold, each seeing the ones before it, and appends them as one batch. */
  async #appendGroup(batch: readonly Waiting[]): Promise<void> {
    await persist(this.#context, () => this.#mend());
    const base = this.state.seq;
    const events: ProjectEvent[] = [];
    const holds: HoldChange[] = [];
    try {
      const outcomes = batch.map(({ decide, reject }) => this.#provisional(decide, reject, events, holds));
      if (events.length > 0) await this.#append(base, events, holds);
      for (const event of events) this.#context.emit(event);
      batch.forEach(({ resolve }, index) => resolve({ outcome: outcomes[index] ? 'appended' : 'nothing' }));
    } catch (error) {
      this.#trueTo = base;
      await this.#mend().catch(() => undefined);
      throw error;
    }
  }

  /** Folds what one decision wants; one that throws fails alone. */
  #provisional(decide: Decide, reject: (error: unknown) => void, events: ProjectEvent[], holds: HoldChange[]): boolean {
    let decision: Decision | null = null;
    try {
      decision = decide(this.state);
    } catch (error) {
      reject(error);
    }
    if (decision === null || decision.events.length === 0) return false;
    const at = new Date(this.#context.clock.now()).toISOString();
    for (const draft of decision.events) {
      const event = this.#stamped(draft, this.state.seq + 1, at);
      this.#state = applyEvent(this.#state, event);
      events.push(event);
    }
    holds.push(...(decision.holds ?? []));
    return true;
  }

  async #append(expectedSeq: number, events: readonly ProjectEvent[], holds: readonly HoldChange[]): Promise<void> {
    const batch = {
      batchId: randomUUID(),
      projectId: this.projectId,
      expectedSeq,
      events: events.map(({ type, format, body }) => ({ type, format, body })),
      summary: summaryOf(this.state),
      ...(events.some(({ type }) => type === 'run.started' || type === 'run.ended')
        ? { counters: countersOf(this.state) }
        : {}),
      holds,
    };
    // Always under its one id: it counts once where only the answer was lost.
    const { at } = await persist(this.#context, () => this.#context.events.append(batch));
    this.#context.freed.tell(holds);
    for (const event of events) (event as Mutable<ProjectEvent>).at = at;
    this.state.updatedAt = at;
  }
}
