import type { Pipeline, PipelineOptions, Project, ProjectSettings } from 'vidpipe';
import { createHandler, type Handler, type HandlerOptions } from 'vidpipe/http';
import type { Defined } from 'vidpipe/provider';
import { clip, providerOf, settingsFor, still, systemClock, worldPipeline } from './world.ts';

/** A pipeline whose models answer at once, a handler over it, and what it told its log. */
export class HttpWorld {
  readonly pipeline: Pipeline;
  readonly handler: Handler;
  readonly logged: string[] = [];

  constructor(
    options: Partial<HandlerOptions> = {},
    more: Partial<PipelineOptions> = {},
    models: { readonly text?: Defined; readonly image?: Defined; readonly video?: Defined } = {},
  ) {
    const clock = systemClock();
    const times = { clock, stillMs: 0, clipMs: 0 };
    const provider = providerOf(times, { image: still(times), video: clip(times), ...models });
    this.pipeline = worldPipeline(clock, provider, more);
    const note = (fields: object, message: string): void =>
      void this.logged.push(`${message} ${JSON.stringify(fields)}`);
    const logger = { debug: note, info: note, warn: note, error: note };
    this.handler = createHandler(this.pipeline, { authorize: () => true, logger, ...options });
  }

  /** What the handler answers; an object is sent as JSON. */
  ask(path: string, { json, ...init }: RequestInit & { readonly json?: unknown } = {}): Promise<Response> {
    const body = json === undefined ? {} : { body: JSON.stringify(json), method: 'POST' };
    const headers = new Headers(init.headers);
    if (json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
    return this.handler(new Request(`http://films.test${path}`, { ...body, ...init, headers }));
  }

  /** The JSON of an answer that must have a status. */
  async json<T = Record<string, unknown>>(
    path: string,
    init: Parameters<HttpWorld['ask']>[1] = {},
    status = 200,
  ): Promise<T> {
    const reply = await this.ask(path, init);
    const body = (await reply.json()) as T;
    if (reply.status !== status) throw new Error(`${reply.status} instead of ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** A finished film. */
  async film(scenes = 1, more: Partial<ProjectSettings> = {}): Promise<Project> {
    const { id } = await this.pipeline.create(settingsFor(scenes, more));
    const { status, project } = await this.pipeline.run(id);
    if (status !== 'completed') throw new Error(`it is ${status}`);
    return project;
  }
}
