import type {
  GateName,
  Ledger,
  Limits,
  Metrics,
  OpenCalls,
  Page,
  Plan,
  ProjectQuery,
  ProjectSummary,
  ProjectView,
  RunOptions,
  StopOptions,
  StoppedOperation,
  Take,
  TallyQuery,
} from '../index.ts';
import type { Digest } from '../spec/index.ts';
import {
  type ClientChanges,
  type ClientSettings,
  type EventPage,
  type IfSeq,
  type Model,
  sendable,
  sendableChanges,
} from './sent.ts';
import { type ClientOptions, Transport } from './transport.ts';
import { type ClientEvent, watch, type WatchOptions } from './watch.ts';

const ifMatch = ({ seq }: IfSeq): { 'if-match': string | undefined } => ({
  'if-match': seq === undefined ? undefined : `"${seq}"`,
});

const at = (id: string, path = ''): string => `/projects/${encodeURIComponent(id)}${path}`;

/** A typed client of a handler, for browsers and everything else with `fetch`. Each method throws `ApiError`. */
export class Client {
  readonly #to: Transport;

  constructor(options: ClientOptions) {
    this.#to = new Transport(options);
  }

  /** Resolves where the handler answers and its store can be read. */
  health(): Promise<{ readonly status: 'ok' }> {
    return this.#to.json('/health');
  }

  /** Every model with what it can do and what it costs. */
  async models(): Promise<readonly Model[]> {
    return (await this.#to.json<{ items: readonly Model[] }>('/models')).items;
  }

  /** How close the models are to their limits. */
  limits(): Promise<Limits> {
    return this.#to.json('/limits');
  }

  /** Counts over projects. */
  metrics(query: TallyQuery = {}): Promise<Metrics> {
    return this.#to.json('/metrics', { query: { ...query } });
  }

  /** What a film would take and cost. */
  estimate(settings: ClientSettings): Promise<Plan> {
    return this.#to.json('/estimate', { method: 'POST', json: sendable(settings) });
  }

  /** A new project; the same key and settings make one, however often. */
  create(
    settings: ClientSettings,
    { idempotencyKey }: { readonly idempotencyKey?: string } = {},
  ): Promise<ProjectView> {
    const headers = { 'idempotency-key': idempotencyKey };
    return this.#to.json('/projects', { method: 'POST', json: sendable(settings), headers });
  }

  /** Summaries, newest first. */
  list({ labels = {}, ...query }: ProjectQuery = {}): Promise<Page<ProjectSummary>> {
    const label = Object.entries(labels).map(([name, value]) => `${name}:${value}`);
    return this.#to.json('/projects', { query: { ...query, label } });
  }

  /** A project as it stands. */
  get(id: string): Promise<ProjectView> {
    return this.#to.json(at(id));
  }

  /** Removes a project for good. */
  delete(id: string, { force }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#to.json(at(id), { method: 'DELETE', query: { force } });
  }

  /** The plan of a project, as it stands or as changes would make it. */
  plan(id: string, changes?: ClientChanges): Promise<Plan> {
    if (changes === undefined) return this.#to.json(at(id, '/plan'));
    return this.#to.json(at(id, '/plan'), { method: 'POST', json: sendableChanges(changes) });
  }

  /** Opens a gate for the plan that `digest` names. */
  approve(id: string, gate: GateName, digest: string): Promise<ProjectView> {
    return this.#to.json(at(id, '/approve'), { method: 'POST', json: { gate, digest } });
  }

  /** Begins a run, or joins the one that is on; `watch` tells how it goes. */
  run(id: string, options: Pick<RunOptions, 'partial' | 'retry' | 'deadlineMs'> = {}): Promise<ProjectView> {
    return this.#to.json(at(id, '/run'), { method: 'POST', json: options });
  }

  /** `run`, by the word that people look for. */
  resume(id: string, options: Pick<RunOptions, 'partial' | 'retry' | 'deadlineMs'> = {}): Promise<ProjectView> {
    return this.run(id, options);
  }

  /** Ends a run. With `drain` it only begins to end, and what is answered is the project. */
  stop(id: string, options?: { readonly drain?: false }): Promise<{ readonly operations: readonly StoppedOperation[] }>;
  stop(id: string, options: { readonly drain: true }): Promise<ProjectView>;
  stop(id: string, options: StopOptions = {}): Promise<unknown> {
    return this.#to.json(at(id, '/stop'), { method: 'POST', json: options });
  }

  /** Makes what is asked for different. */
  change(id: string, changes: ClientChanges, seq: IfSeq = {}): Promise<ProjectView> {
    const sent = { json: sendableChanges(changes), headers: ifMatch(seq) };
    return this.#to.json(at(id, '/changes'), { method: 'POST', ...sent });
  }

  /** Supplies a frame or the clip of a scene; `bytes.type` must say what they are. */
  supply(
    id: string,
    sceneId: string,
    part: 'start' | 'end' | 'clip',
    bytes: Blob,
    seq: IfSeq = {},
  ): Promise<ProjectView> {
    const path = at(id, `/scenes/${encodeURIComponent(sceneId)}/${part}`);
    const headers = { 'content-type': bytes.type, ...ifMatch(seq) };
    return this.#to.json(path, { method: 'PUT', bytes, headers });
  }

  /** Asks for more scenes at the end. */
  expand(id: string, scenes: number, { direction }: { readonly direction?: string } = {}): Promise<ProjectView> {
    return this.#to.json(at(id, '/expand'), { method: 'POST', json: { scenes, direction } });
  }

  /** A new project that goes on from this one. */
  fork(
    id: string,
    changes: ClientChanges = {},
    options: { readonly openCalls?: OpenCalls } = {},
  ): Promise<ProjectView> {
    const json = { changes: sendableChanges(changes), ...options };
    return this.#to.json(at(id, '/fork'), { method: 'POST', json });
  }

  /** Says what became of a call whose outcome is unknown. */
  resolve(
    id: string,
    callId: string,
    outcome: 'charged' | 'not-charged' | 'resubmit' | 'abandon',
  ): Promise<ProjectView> {
    return this.#to.json(at(id, '/resolve'), { method: 'POST', json: { callId, outcome } });
  }

  /** Takes bytes out of use. */
  block(id: string, artifact: Digest, reason: string): Promise<ProjectView> {
    return this.#to.json(at(id, '/block'), { method: 'POST', json: { artifact, reason } });
  }

  /** Every take of every scene. */
  async takes(id: string): Promise<readonly { readonly sceneId: string; readonly takes: readonly Take[] }[]> {
    return (await this.#to.json<{ items: readonly { sceneId: string; takes: readonly Take[] }[] }>(at(id, '/takes')))
      .items;
  }

  /** All money of a project, call by call. */
  ledger(id: string): Promise<Ledger> {
    return this.#to.json(at(id, '/ledger'));
  }

  /** Events that are there already. */
  events(id: string, query: { readonly after?: number; readonly limit?: number } = {}): Promise<EventPage> {
    return this.#to.json(at(id, '/events'), { query });
  }

  /** Every event after `after`, once and in order, through lost connections; ends when the project rests. */
  watch(id: string, options: WatchOptions = {}): AsyncGenerator<ClientEvent, void> {
    const { signal } = options;
    const headers = (after: number) => ({ accept: 'text/event-stream', 'last-event-id': String(after) });
    return watch((after) => this.#to.ask(at(id, '/events'), { headers: headers(after), signal }), options);
  }

  /** Address of bytes of a project, for whoever may read them by cookie, or by this client's `fetch`. */
  assetUrl(id: string, digest: Digest, { download }: { readonly download?: string } = {}): string {
    return this.#to.url(at(id, `/assets/${digest}`), { download });
  }

  /** Address of the finished film, to be saved. */
  filmUrl(id: string, { download }: { readonly download?: string } = {}): string {
    return this.#to.url(at(id, '/film'), { download });
  }

  /** A signed address of bytes for whoever has it, for `seconds` (3600) and as long as they are not blocked. */
  async link(
    id: string,
    digest: Digest,
    options: { readonly seconds?: number; readonly download?: string } = {},
  ): Promise<{ readonly url: string; readonly expiresAt: string }> {
    const path = at(id, `/assets/${digest}/link`);
    const { href, expiresAt } = await this.#to.json<{ href: string; expiresAt: string }>(path, {
      method: 'POST',
      json: options,
    });
    return { url: `${this.#to.url(at(id, '/assets/'))}${href.replace('../', '')}`, expiresAt };
  }
}

/** A client of the handler at `baseUrl`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}
