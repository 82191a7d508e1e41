import type { Plan, ProjectView } from 'vidpipe';
import type { ClientEvent, Progress } from 'vidpipe/client';
import { api, mayPass } from './api.ts';

/** Why a step did not give what was asked for, by what was told of it last. */
export type Notes = Readonly<Record<string, string>>;

/** A project as this page knows it. */
export interface Feed {
  readonly project: ProjectView | null;
  readonly plan: Plan | null;
  readonly notes: Notes;
  /** How far running steps are, 0 to 1, by step. */
  readonly progress: Readonly<Record<string, number>>;
  readonly etaSeconds: number | null;
  readonly isConnected: boolean;
  /** What no further try would change. */
  readonly error: unknown;
}

const REFRESH_MS = 300;
/** How often a project that rests is looked at: somebody else may go on with it. */
const REST_MS = 2000;
const EMPTY: Feed = {
  project: null,
  plan: null,
  notes: {},
  progress: {},
  etaSeconds: null,
  isConnected: true,
  error: null,
};

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Follows one project: its events live, over lost connections, and by a look now and then while it rests. */
export class ProjectFeed {
  readonly #id: string;
  readonly #listeners = new Set<() => void>();
  /** Steps of calls. */
  readonly #steps = new Map<string, string>();
  #over = new AbortController();
  #last = 0;
  #isDue = false;
  state: Feed = EMPTY;

  constructor(id: string) {
    this.#id = id;
  }

  /** For `useSyncExternalStore`: follows as long as somebody listens. */
  readonly subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    if (this.#listeners.size === 1) {
      this.#over = new AbortController();
      void this.#follow(this.#over.signal);
    }
    return () => {
      this.#listeners.delete(tell);
      if (this.#listeners.size === 0) this.#over.abort();
    };
  };

  /** Loads the project and its plan as they are now. */
  readonly refresh = async (): Promise<void> => {
    const [project, plan] = await Promise.all([api.get(this.#id), api.plan(this.#id)]);
    if (project.seq >= (this.state.project?.seq ?? 0)) this.#set({ project, plan, isConnected: true, error: null });
  };

  #set(change: Partial<Feed>): void {
    this.state = { ...this.state, ...change };
    for (const tell of this.#listeners) tell();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.refresh();
        await this.#watch(signal);
        await this.refresh();
        this.#set({ progress: {}, etaSeconds: null });
        while (!signal.aborted && !(await this.#hasGrown())) await sleep(REST_MS, signal);
      } catch (error) {
        if (!mayPass(error)) return this.#set({ error });
        this.#set({ isConnected: false });
        await sleep(REST_MS, signal);
      }
    }
  }

  async #hasGrown(): Promise<boolean> {
    if (document.hidden) return false;
    return (await api.events(this.#id, { after: this.#last, limit: 1 })).items.length > 0;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const options = {
      after: this.#last,
      signal,
      onProgress: (progress: Progress) => this.#looked(progress),
      onConnection: (isConnected: boolean) => this.#set({ isConnected }),
    };
    for await (const event of api.watch(this.#id, options)) {
      this.#last = event.seq;
      this.#note(event);
      if (event.seq > (this.state.project?.seq ?? 0)) void this.#soon(signal);
    }
  }

  #looked({ stepId, progress, etaSeconds }: Progress): void {
    const known = progress === null ? this.state.progress : { ...this.state.progress, [stepId]: progress };
    this.#set({ progress: known, etaSeconds });
  }

  /** One refresh for all events of a moment. */
  async #soon(signal: AbortSignal): Promise<void> {
    if (this.#isDue) return;
    this.#isDue = true;
    await sleep(REFRESH_MS, signal);
    this.#isDue = false;
    if (!signal.aborted) await this.refresh().catch(() => this.#set({ isConnected: false }));
  }

  #note({ type, body }: ClientEvent): void {
    const say = (stepId: string | undefined, text: string): void => {
      if (stepId !== undefined) this.#set({ notes: { ...this.state.notes, [stepId]: text } });
    };
    if (type === 'call.intended') this.#steps.set(body.callId, body.stepId);
    if (type === 'step.failed') say(body.stepId, body.message);
    if (type === 'call.unknown') say(this.#steps.get(body.callId), `The outcome is unknown: ${body.reason}`);
    if (type === 'call.rejected') say(this.#steps.get(body.callId), body.reason);
    if (type === 'call.settled' && body.failure !== null) say(this.#steps.get(body.callId), body.failure.message);
    if (type === 'call.settled' && body.blocked !== null)
      say(
        this.#steps.get(body.callId),
        `A content filter took the ${body.blocked.input}: ${body.blocked.reasons.join(', ')}`,
      );
  }
}
