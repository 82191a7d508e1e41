import { Pipeline, type Project, type StoppedOperation } from 'vidpipe';
import type { CallOptions, CancelOutcome, Model, OperationHandle, Provider } from 'vidpipe/provider';
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

/** A film of one scene whose clip is downloaded; each operation of its processes is a probe at which a stop can come. */
class StopWorld {
  readonly clock = new VirtualClock();
  readonly events: EventStore;
  readonly assets = memoryAssets();
  readonly service = new SimulatedService({ clock: this.clock, random: new SeededRandom(7), links: true });
  readonly cancelled = new Set<string>();
  /** Clips that were submitted. */
  readonly taken = new Set<string>();
  /** Submissions that reached the service after the stop was in the log. */
  readonly late: string[] = [];
  readonly probes: string[] = [];
  onProbe: (nth: number) => void = () => undefined;
  readonly #cancels: boolean;
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
      fetch: (input, init) => this.#download(input, init),
      leaseMs: 3_000,
      random: () => this.#random.next(),
      owner: name,
    });
  }

  #pass(probe: string): false {
    this.onProbe(this.probes.push(probe));
    return false;
  }

  async #download(...request: Parameters<typeof fetch>): Promise<Response> {
    this.#pass('download');
    const response = await this.service.fetch(...request);
    this.#pass('download done');
    return response;
  }

  #provider(): Provider {
    const inner = worldProvider(this.service, { askings: ASKINGS, cancels: this.#cancels });
    return { ...inner, model: (id) => this.#model(inner.model(id)) };
  }

  #model(model: Model): Model {
    const sent = (callId: string): void => void (this.#isStopped && this.late.push(callId));
    if (model.kind !== 'video')
      return {
        ...model,
        generate: (request: never, call: CallOptions) => (sent(call.callId), model.generate(request, call)),
      };
    return {
      ...model,
      start: (request, call) => {
        sent(call.callId);
        this.taken.add(call.callId);
        return model.start(request, call);
      },
      ...(this.#cancels ? { cancel: (handle, call) => this.#cancel(model.cancel?.(handle, call), handle) } : {}),
    };
  }

  async #cancel(ending: Promise<CancelOutcome> | undefined, handle: OperationHandle): Promise<CancelOutcome> {
    const ended = (await ending) ?? { outcome: 'unsupported' as const, charged: 'unknown' as const };
    if (ended.outcome === 'cancelled') this.cancelled.add(String(handle['job']));
    return ended;
  }
}

/** What a stop said of an operation against what the service knows of it. */
function flagIssues(
  { cancelled, service, taken }: StopWorld,
  { callId, outcome, charged }: StoppedOperation,
): string[] {
  const isBilled = service.bills.some((bill) => bill.callId === callId);
  const wrong: string[] = [];
  if ((outcome === 'cancelled') !== cancelled.has(callId)) wrong.push(`${callId} is said to be ${outcome}`);
  if (outcome === 'detached' && !taken.has(callId)) wrong.push(`${callId} is said to run on, and was never taken`);
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
