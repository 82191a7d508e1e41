import { EventEmitter } from 'eventemitter3';
import type { ProjectEvent } from '../project/events.ts';
import type { Eta } from '../project/eta.ts';
import { progressOf } from '../project/progress.ts';
import type { ProjectState } from '../project/state.ts';
import type { Logger } from '../spec/index.ts';
import { asError } from './as-error.ts';

/** What `Pipeline.on` tells of, beside every event type of the log. */
export interface EphemeralEvents {
  /** Any event of any project, after it is durable. */
  event: ProjectEvent;
  /**
   * A look at a running operation: `progress` of its step from 0 to 1 where the provider tells it, `percent` of the whole project from 0 to 100.
   * Not kept, and told by the process that drives only.
   */
  progress: {
    readonly projectId: string;
    readonly stepId: string;
    readonly progress: number | null;
    readonly percent: number;
    /** Seconds that the whole project still takes, as half of such runs; `null` while one of its models has not been seen at work. */
    readonly etaSeconds: number | null;
  };
  /** An error that no caller may see, logged as well: of a run in the background, of `recover`, of a listener (`projectId` is that of its event). Not kept. */
  error: { readonly source: ErrorSource; readonly projectId: string; readonly error: Error };
}

/** Where an error came from that nobody awaits: a run, a stop that a run's `signal` asked for, `recover`, or one of the listeners. */
export type ErrorSource = 'run' | 'stop' | 'recover' | 'listener';

/** Listener arguments by type: the log's events by their own names, and the ephemeral ones. */
export type EventMap = EphemeralEvents & { [T in ProjectEvent['type']]: Extract<ProjectEvent, { readonly type: T }> };

type Handlers = { [T in keyof EventMap]: (payload: EventMap[T]) => void };

const SAYINGS: Readonly<Record<ErrorSource, string>> = {
  run: 'a run could not be ended',
  stop: 'a stop failed',
  recover: 'an interrupted project could not be started',
  listener: 'a listener threw',
};

/** Those who listen to a pipeline. A listener that throws, or whose promise rejects, is logged, and changes nothing. */
export class Listeners {
  readonly #emitter = new EventEmitter<Handlers>();
  readonly #logger: Logger;
  /** How far running steps are, by project and step. */
  readonly #running = new Map<string, Map<string, number>>();
  #isClosed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<T extends keyof EventMap>(type: T, listener: (payload: EventMap[T]) => void): void {
    this.#emitter.on(type, listener as never);
  }

  off<T extends keyof EventMap>(type: T, listener: (payload: EventMap[T]) => void): void {
    this.#emitter.off(type, listener as never);
  }

  /** Tells nobody of anything any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Tells of an event that is durable. */
  event(event: ProjectEvent): void {
    if (event.type === 'run.ended') this.#running.delete(event.projectId);
    this.#tell('event', event);
    this.#tell(event.type, event);
  }

  /** Tells of a look at a running step. */
  tick(state: ProjectState, stepId: string, progress: number | null, eta: Eta | null): void {
    const running = this.#running.get(state.id) ?? new Map<string, number>();
    this.#running.set(state.id, running.set(stepId, progress ?? 0));
    const percent = Math.floor(100 * progressOf(state, running));
    this.#tell('progress', { projectId: state.id, stepId, progress, percent, etaSeconds: eta?.p50 ?? null });
  }

  /** Tells of an error that nobody may be waiting for; a listener of `error` that throws is logged only. */
  failed(source: ErrorSource, projectId: string, cause: unknown, type?: keyof EventMap): void {
    const error = asError(cause);
    this.#logger.error({ projectId, type, error: String(error) }, SAYINGS[source]);
    if (type !== 'error') this.#tell('error', { source, projectId, error });
  }

  #tell<T extends keyof EventMap>(type: T, payload: EventMap[T]): void {
    if (this.#isClosed) return;
    const { projectId } = payload;
    const fail = (error: unknown): void => this.failed('listener', projectId, error, type);
    for (const listener of this.#emitter.listeners(type)) {
      try {
        const returned = (listener as (payload: EventMap[T]) => unknown)(payload);
        if (returned instanceof Promise) returned.catch(fail);
      } catch (error) {
        fail(error);
      }
    }
  }
}
