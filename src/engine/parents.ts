import type { EventDraft } from '../project/events.ts';
import { awaitedCalls } from '../project/awaited.ts';
import { reportOf } from '../project/bequest.ts';
import { projectOfCall } from '../project/inherited.ts';
import type { ProjectState } from '../project/state.ts';
import type { Digest } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { readLog } from './read-log.ts';
import { renewed } from './renew.ts';

type Awaited = ReturnType<typeof awaitedCalls>;
type Reported = Extract<EventDraft, { readonly type: 'parent.reported' }>;

function assetsIn(reports: readonly Reported[]): ReadonlyMap<Digest, string> {
  const made = reports.flatMap(({ body }) => body.made);
  const assets = made.flatMap(({ asset, original }) => [asset, ...(original === undefined ? [] : [original])]);
  return new Map(assets.map(({ digest, mediaType }) => [digest, mediaType]));
}

/** Reads in the logs of other projects what has become of the calls that a fork waits for. Nothing is written there. */
export class Parents {
  readonly #context: EngineContext;
  readonly #log: ProjectLog;
  readonly #read = new Map<string, ProjectState>();
  #looking: Promise<boolean> | null = null;

  constructor(context: EngineContext, log: ProjectLog) {
    this.#context = context;
    this.#log = log;
  }

  /** Appends what is known now of calls that are waited for; answers whether there was anything. A log that can not be read tells nothing. */
  look(): Promise<boolean> {
    return (this.#looking ??= this.#look()
      .catch((error: unknown) => {
        const { projectId } = this.#log;
        this.#context.logger.warn({ projectId, error: String(error) }, 'the log of a parent could not be read');
        return false;
      })
      .finally(() => (this.#looking = null)));
  }

  async #look(): Promise<boolean> {
    const awaited = awaitedCalls(this.#log.state);
    if (awaited.length === 0) return false;
    const states = new Map<string, ProjectState | null>();
    for (const id of new Set(awaited.map(({ callId }) => projectOfCall(callId))))
      states.set(id, await this.#stateOf(id));
    const reported = (calls: Awaited, has: (digest: Digest) => boolean): Reported[] =>
      calls.flatMap((call) => {
        const parent = states.get(projectOfCall(call.callId));
        const report = parent === undefined ? null : reportOf(parent, call.callId, has);
        return report === null ? [] : [{ type: 'parent.reported', body: { ...call, ...report } }];
      });
    const there = await renewed(this.#context, assetsIn(reported(awaited, () => true)));
    const decided = await this.#log.decide((state) => ({
      events: reported(awaitedCalls(state), (digest) => there.has(digest)),
    }));
    return decided.outcome === 'appended';
  }

  async #stateOf(id: string): Promise<ProjectState | null> {
    const state = await readLog(this.#context, id, this.#read.get(id));
    if (state === null) this.#read.delete(id);
    else this.#read.set(id, state);
    return state;
  }
}
