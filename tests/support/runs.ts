import type { Pipeline, PipelineOptions, Project, ProjectEvent, ProjectSettings, RunOptions, RunResult } from 'vidpipe';
import type { Defined } from 'vidpipe/provider';
import type { AssetStore, EventStore } from 'vidpipe/storage';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { VirtualClock } from 'vidpipe/testing';
import { providerOf, settingsFor, worldPipeline, type WorldOptions } from './world.ts';

/** A world on a virtual clock: stores that outlive pipelines, models of paper, and every event that was emitted. */
export class TestWorld {
  readonly clock = new VirtualClock();
  readonly events: EventStore = Object.assign(memoryEvents({ now: () => this.clock.now() }), {
    close: () => Promise.resolve(),
  });
  readonly assets: AssetStore = memoryAssets({ now: () => this.clock.now() });
  readonly emitted: ProjectEvent[] = [];
  readonly logged: string[] = [];
  readonly #open: Pipeline[] = [];

  /** A pipeline on this world's stores; several share them as processes would. */
  pipeline(
    models: { readonly text?: Defined; readonly image?: Defined; readonly video?: Defined } = {},
    more: Partial<PipelineOptions> = {},
    times: Partial<WorldOptions> = {},
  ): Pipeline {
    const note = (fields: object, message: string): void =>
      void this.logged.push(`${message} ${JSON.stringify(fields)}`);
    const pipeline = worldPipeline(this.clock, providerOf({ clock: this.clock, ...times }, models), {
      events: this.events,
      assets: this.assets,
      logger: { debug: note, info: note, warn: note, error: note },
      ...more,
    });
    pipeline.on('event', (event) => this.emitted.push(event));
    this.#open.push(pipeline);
    return pipeline;
  }

  /** Creates and runs a film of `scenes` scenes to its rest. */
  async film(
    pipeline: Pipeline,
    scenes = 1,
    more: Partial<ProjectSettings> = {},
    how: RunOptions = {},
  ): Promise<RunResult> {
    const { id } = await pipeline.create(settingsFor(scenes, more));
    return this.clock.run(pipeline.run(id, how));
  }

  /** Types of the events of a project, in order. */
  async types(id: string): Promise<string[]> {
    const types: string[] = [];
    for await (const { type } of this.events.read(id)) types.push(type);
    return types;
  }

  /** Closes every pipeline. */
  async close(): Promise<void> {
    for (const pipeline of this.#open) await this.clock.run(pipeline.close());
  }
}

/** Statuses of the steps of a project, by id without its scene. */
export function statuses(project: Project): string[] {
  return project.steps.map(({ kind, status }) => `${kind} ${status}`);
}

/** An object with some members replaced; `undefined` takes a member away. */
export function withMembers<T extends object>(inner: T, members: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return new Proxy(inner, {
    get: (target, name) => {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name) as unknown;
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Takes a project from whoever drives it, as the end of a lease does. */
export async function freeLease(events: EventStore, id: string): Promise<void> {
  const lease = await events.leaseOf(id);
  if (lease !== null) await (await events.lease(id, lease.owner, 1)).release();
}

/** Stops a project as soon as a clip of it is submitted, once. */
export function stopAtFirstClip(pipeline: Pipeline, id: string): void {
  const stop = (): void => {
    pipeline.off('call.submitted', stop);
    void pipeline.stop(id);
  };
  pipeline.on('call.submitted', stop);
}
