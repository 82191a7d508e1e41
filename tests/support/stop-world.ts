import { Pipeline, type Project, type StoppedOperation } from 'vidpipe';
import type { CallOptions, Model, OperationHandle, OperationStatus, Provider, VideoModel } from 'vidpipe/provider';
import type { EventStore } from 'vidpipe/storage';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import {
  type Askings,
  checkProject,
  paperMedia,
  SeededRandom,
  SimulatedProcess,
  SimulatedService,
  VirtualClock,
  worldProvider,
} from 'vidpipe/testing';
import { withMembers } from './runs.ts';

/** Where a stop comes from, and whether the clip model can be cancelled. */
export interface StopCase {
  readonly from: 'the same process' | 'another process';
  readonly cancels: boolean;
  /** The probe at which it comes, from 1. */
  readonly at: number;
}

/** What a played case has shown. */
export interface Stopped {
  readonly violations: readonly string[];
  /** The probe at which the stop came. */
  readonly probe: string;
  /** What the stop answered, told shortly. */
  readonly outcome: string;
  /** Probes that the film passed in all. */
  readonly probes: number;
}

const ASKINGS: Askings = { text: 'look-up', image: 'look-up', video: 'look-up' };
const HOST = 'https://clips.test';

/** A film of one scene whose clip is downloaded; each operation of its processes is a probe at which a stop can come. */
class StopWorld {
  readonly clock = new VirtualClock();
  readonly events: EventStore;
  readonly assets = memoryAssets();
  readonly service = new SimulatedService(this.clock, new SeededRandom(7), []);
  readonly cancelled = new Set<string>();
  /** Submissions that reached the service after the stop was in the log. */
  readonly late: string[] = [];
  readonly probes: string[] = [];
  onProbe: (nth: number) => void = () => undefined;
  readonly #cancels: boolean;
  readonly #clips = new Map<string, Uint8Array>();
  readonly #random = new SeededRandom(3);
  #isStopped = false;

  constructor(cancels: boolean) {
    this.#cancels = cancels;
    const inner = memoryEvents({ now: () => this.clock.now() });
    this.events = withMembers(inner, {
      append: async (batch) => {
        const appended = await inner.append(batch);
        if (batch.events.some(({ type }) => type === 'stop.requested')) this.#isStopped = true;
        if (batch.events.some(({ type }) => type === 'run.started')) this.#isStopped = false;
        return appended;
      },
      close: () => Promise.resolve(),
    });
  }

  spawn(name: string): Pipeline {
    const process = new SimulatedProcess(name, this.clock, (probe) => this.#pass(probe));
    return new Pipeline({
      providers: [process.provider(this.#provider())],
      events: process.events(this.events),
      assets: process.assets(this.assets),
      media: process.media(paperMedia()),
      clock: process.clock(),
      fetch: (input) => this.#download(String(input)),
      leaseMs: 3_000,
      random: () => this.#random.next(),
      owner: name,
    });
  }

  #pass(probe: string): false {
    this.onProbe(this.probes.push(probe));
    return false;
  }

  async #download(url: string): Promise<Response> {
    this.#pass('download');
    await this.clock.sleep(40);
    const bytes = this.#clips.get(url.slice(HOST.length + 1)) as Uint8Array<ArrayBuffer>;
    this.#pass('download done');
    return new Response(bytes, { headers: { 'content-type': 'video/mp4' } });
  }

  #provider(): Provider {
    const inner = worldProvider(this.service, ASKINGS);
    return { ...inner, downloads: [HOST], model: (id) => this.#model(inner.model(id)) };
  }

  #model(model: Model): Model {
    const sent = (callId: string): void => void (this.#isStopped && this.late.push(callId));
    if (model.kind !== 'video')
      return {
        ...model,
        generate: (request: never, call: CallOptions) => (sent(call.callId), model.generate(request, call)),
      } as Model;
    return {
      ...model,
      start: (request, call) => (sent(call.callId), model.start(request, call)),
      check: (handle, call) => this.#check(model, handle, call),
      ...(this.#cancels ? { cancel: (handle: OperationHandle) => this.#cancel(String(handle['job'])) } : {}),
    };
  }

  async #check(model: VideoModel, handle: OperationHandle, call: CallOptions): Promise<OperationStatus> {
    const job = String(handle['job']);
    if (this.cancelled.has(job)) return { state: 'failed', kind: 'transient', message: 'cancelled', charged: 'no' };
    const status = await model.check(handle, call);
    if (status.state !== 'succeeded') return status;
    for (const output of status.outputs) if ('bytes' in output) this.#clips.set(job, output.bytes);
    return { ...status, outputs: [{ url: `${HOST}/${job}` }] };
  }

  /** Ends a job that runs, and takes it off the bill. */
  async #cancel(job: string): ReturnType<NonNullable<VideoModel['cancel']>> {
    if (this.service.statusOf(job)?.state !== 'running') return { outcome: 'too-late', charged: 'yes' };
    this.cancelled.add(job);
    const { bills } = this.service;
    bills.splice(
      bills.findIndex(({ callId }) => callId === job),
      1,
    );
    return { outcome: 'cancelled', charged: 'no' };
  }
}

/** What a stop said of an operation against what the service knows of it. */
function flagIssues({ cancelled, service }: StopWorld, { callId, outcome, charged }: StoppedOperation): string[] {
  const isBilled = service.bills.some((bill) => bill.callId === callId);
  const isTaken = service.statusOf(callId) !== undefined;
  const wrong: string[] = [];
  if ((outcome === 'cancelled') !== cancelled.has(callId)) wrong.push(`${callId} is said to be ${outcome}`);
  if (outcome === 'detached' && !isTaken) wrong.push(`${callId} is said to run on, and was never taken`);
  if (charged === 'yes' && !isBilled) wrong.push(`${callId} is said to be charged, and is not billed`);
  if (charged === 'no' && isBilled) wrong.push(`${callId} is said to cost nothing, and is billed`);
  return wrong;
}

async function stopIssues(
  world: StopWorld,
  project: Project,
  operations: readonly StoppedOperation[],
  cancels: boolean,
): Promise<string[]> {
  const types: string[] = [];
  const open = new Set<string>();
  for await (const { type, body } of world.events.read(project.id)) {
    types.push(type);
    const { callId = '' } = body as { readonly callId?: string };
    if (type === 'call.intended') open.add(callId);
    if (type === 'call.settled' || type === 'call.rejected') open.delete(callId);
  }
  const at = types.indexOf('stop.requested');
  if (at < 0) return project.status === 'completed' ? [] : [`nothing was stopped, and it is ${project.status}`];
  const wrong = world.late.map((callId) => `${callId} was sent after the stop`);
  if (project.status !== 'stopped') wrong.push(`it is ${project.status}`);
  if (types.indexOf('call.intended', at) >= 0) wrong.push('a call was intended after the stop');
  const told = new Set(operations.map(({ callId }) => callId));
  for (const callId of open) if (!told.has(callId)) wrong.push(`nothing is said of ${callId}, which is open`);
  for (const { callId, outcome } of operations)
    if (outcome !== 'cancelled' && !open.has(callId)) wrong.push(`${callId} is said to be ${outcome}, and is over`);
  if (cancels && operations.some(({ outcome, charged }) => outcome === 'detached' && charged !== 'yes'))
    wrong.push('a job that could be cancelled was not');
  return [...wrong, ...operations.flatMap((operation) => flagIssues(world, operation))];
}

/** Makes a film, stops it at a probe, looks at what the stop did and said, and goes on in another process until the film is there. */
export async function playStop({ from, cancels, at }: StopCase): Promise<Stopped> {
  const world = new StopWorld(cancels);
  const { clock, service } = world;
  const driver = world.spawn('driver');
  const { id } = await clock.run(driver.create({ prompt: 'Scenes: 1', duration: 4, clipDuration: 4, seed: 1 }));
  let stopping: ReturnType<Pipeline['stop']> | undefined;
  let probe = '';
  world.probes.length = 0;
  world.onProbe = (nth) => {
    if (nth !== at) return;
    probe = world.probes[nth - 1] ?? '';
    stopping = (from === 'the same process' ? driver : world.spawn('other')).stop(id);
  };
  await clock.run(driver.run(id));
  const probes = world.probes.length;
  const operations = (await clock.run(stopping ?? Promise.resolve({ operations: [] }))).operations;
  const stopped = await driver.get(id);
  const violations = await stopIssues(world, stopped, operations, cancels);
  const { status } = await clock.run(world.spawn('later').run(id));
  const found = await checkProject({
    id,
    events: world.events,
    assets: world.assets,
    open: () => world.spawn('checker'),
    run: (work) => clock.run(work),
    requests: () => service.requests,
    ledgers: () => ({ bills: service.bills, exact: true }),
  });
  const outcome = [stopped.status, ...operations.map((each) => `${each.outcome} ${each.charged}`)].join(', ');
  const all = status === 'completed' ? [...violations, ...found] : [...violations, `it ends ${status}`, ...found];
  return {
    violations: all.map((what) => `stop from ${from} at probe ${at}, ${probe}: ${what}`),
    probe,
    outcome,
    probes,
  };
}
