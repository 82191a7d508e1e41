import { beforeAll, expect, it } from 'vitest';
import { Pipeline, type Project, type ProjectEvent, usd } from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import {
  checkProject,
  type CheckSubject,
  type Ledgers,
  paperMedia,
  SeededRandom,
  SimulatedService,
  VirtualClock,
  worldProvider,
} from 'vidpipe/testing';
import { withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

/** A finished film of two scenes, and all that it is held against. */
let clean: CheckSubject;
let events: readonly ProjectEvent[];

beforeAll(async () => {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const service = new SimulatedService({ clock, random });
  const store = memoryEvents({ now: () => clock.now() });
  const assets = memoryAssets();
  const provider = worldProvider(service, { askings: { text: 'key', image: 'key', video: 'key' } });
  const open = (): Pipeline =>
    new Pipeline({ providers: [provider], events: store, assets, media: paperMedia(), clock });
  const { id } = await open().create(settingsFor(2, { budget: usd('5') }));
  await clock.run(open().run(id));
  events = (await Array.fromAsync(store.read(id))) as ProjectEvent[];
  clean = {
    id,
    open,
    events: store,
    assets,
    ledgers: () => ({ bills: service.bills, exact: true }),
    requests: () => service.requests,
    looked: () => service.looked,
    mayBeLost: false,
    run: (work) => clock.run(work),
  };
});

type Change = Partial<CheckSubject>;
type Type = ProjectEvent['type'];

function logged(log: readonly ProjectEvent[]): Change {
  return {
    events: withMembers(clean.events, {
      read: () =>
        (async function* () {
          yield* log;
        })(),
    }),
  };
}

/** The log with one event more, right after the first of a type; made of that one. */
function added<T extends Type>(type: T, make: (event: Extract<ProjectEvent, { type: T }>) => object): Change {
  const at = events.findIndex((event) => event.type === type);
  const found = events[at] as Extract<ProjectEvent, { type: T }>;
  const log = events.toSpliced(at + 1, 0, { ...found, ...make(found) } as ProjectEvent);
  return logged(log.map((event, index) => ({ ...event, seq: index + 1 })));
}

/** The log with its first event of a type changed. */
function changed<T extends Type>(type: T, make: (event: Extract<ProjectEvent, { type: T }>) => object): Change {
  const at = events.findIndex((event) => event.type === type);
  const found = events[at] as Extract<ProjectEvent, { type: T }>;
  return logged(events.with(at, { ...found, ...make(found) }));
}

/** Another view of the project in place of the true one. */
function shown(change: (project: Project) => Partial<Project>): Change {
  const get = async (id: string): Promise<Project> => {
    const project = await clean.open().get(id);
    return { ...project, ...change(project) };
  };
  return { open: () => withMembers(clean.open(), { get }) };
}

function billed(change: (bills: Ledgers['bills']) => Ledgers['bills']): Change {
  return { ledgers: () => ({ bills: change(clean.ledgers().bills), exact: true }) };
}

const film = (): Extract<ProjectEvent, { type: 'step.completed' }>['body']['made'][number]['asset'] =>
  events.flatMap((event) => (event.type === 'step.completed' ? event.body.made : []))[0]!.asset;

function stored(bytes: Uint8Array): Change {
  const get: CheckSubject['assets']['get'] = async (digest, range) =>
    digest === film().digest ? new Blob([new Uint8Array(bytes)]).stream() : clean.assets.get(digest, range);
  return { assets: withMembers(clean.assets, { get }) };
}

/** What is wrong, by the start of what the checker is to say. */
const PLANTED: readonly (readonly [string, string, () => Change])[] = [
  [
    'I1',
    'a step is bought while a call of it is open',
    () => added('call.intended', ({ body }) => ({ body: { ...body, callId: 'other' } })),
  ],
  ['I1', 'a call is billed twice', () => billed((bills) => [...bills, ...bills.slice(0, 1)])],
  ['I1', 'a job is looked at by a handle that was not stored', () => ({ looked: () => ['other'] })],
  [
    'I1',
    'a call is taken that was never sent',
    () =>
      added('call.intended', ({ body: { callId } }) => ({
        type: 'call.rejected',
        body: { callId, reason: '', kind: 'never-sent' },
      })),
  ],
  ['I2', 'a bill is of no call', () => billed((bills) => [...bills, { callId: 'other', microUsd: 1 }])],
  [
    'I2',
    'a charge is not what is billed',
    () => changed('call.settled', ({ body }) => ({ body: { ...body, charged: 1 } })),
  ],
  [
    'I2',
    'a call that costs nothing is billed',
    () =>
      changed('call.settled', ({ body: { callId } }) => ({
        type: 'call.rejected',
        body: { callId, reason: '', kind: 'never-sent' },
      })),
  ],
  [
    'I2',
    'a reservation is left in the pool',
    () => ({
      events: withMembers(clean.events, { pool: async (name) => ({ ...(await clean.events.pool(name)), held: 1 }) }),
    }),
  ],
  [
    'I3',
    'more is spent than the budget',
    () => changed('project.created', ({ body }) => ({ body: { ...body, settings: { ...body.settings, budget: 1 } } })),
  ],
  ['I4', 'a scene is missing', () => shown(({ scenes }) => ({ scenes: scenes.slice(1) }))],
  [
    'I4',
    'a clip is missing',
    () => shown(({ scenes }) => ({ scenes: scenes.map((scene) => ({ ...scene, clip: null })) })),
  ],
  ['I4', 'a film is missing', () => shown(() => ({ filmAsset: null }))],
  ['I4', 'a call is settled twice', () => added('call.settled', () => ({}))],
  [
    'I4',
    'bytes are shown that no event brought',
    () =>
      shown(({ steps }) => ({
        steps: steps.map((step) => ({ ...step, asset: { ...film(), digest: `sha256-${'0'.repeat(64)}` as const } })),
      })),
  ],
  ['I5', 'bytes are gone', () => ({ assets: memoryAssets() })],
  ['I5', 'bytes are others', () => stored(Buffer.alloc(film().size))],
  [
    'I5',
    'a size is wrong',
    () => changed('step.completed', ({ body }) => ({ body: { ...body, made: [{ asset: { ...film(), size: 1 } }] } })),
  ],
  ['I5', 'nothing names bytes that are there', () => logged(events.filter(({ type }) => type !== 'step.completed'))],
  ['I6', 'an event is missing', () => logged(events.filter(({ seq }) => seq !== 3))],
  ['I6', 'time runs back', () => changed('run.ended', () => ({ at: '2025-01-01T00:00:00.000Z' }))],
  [
    'I6',
    'something is decided for a run that is over',
    () =>
      added('run.ended', ({ body: { run } }) => ({
        type: 'run.crashed',
        body: { run, code: 'x', message: 'failed, as planned' },
      })),
  ],
  ['I6', 'something is bought after a stop', () => added('run.started', () => ({ type: 'stop.requested', body: {} }))],
  [
    'I6',
    'the library has a defect',
    () =>
      added('run.started', ({ body: { run } }) => ({
        type: 'run.crashed',
        body: { run, code: 'defect', message: 'oh' },
      })),
  ],
  ['I6', 'the view shows other sums', () => shown(({ money }) => ({ money: { ...money, charged: usd('1') } }))],
  ['I6', 'the view shows another status', () => shown(() => ({ status: 'stopped' }))],
  [
    'I6',
    'no list has it',
    () => ({ events: withMembers(clean.events, { list: async () => ({ items: [], next: null }) }) }),
  ],
  [
    'I7',
    'another run asks a model',
    () => {
      let asked = 0;
      return { requests: () => (asked += 1) };
    },
  ],
  ['I8', 'blocked bytes are shown', () => ({ blocked: [film().digest] })],
  ['I9', 'a secret is in an event', () => ({ secrets: ['start 1'] })],
  ['I9', 'a secret is logged', () => ({ secrets: ['key-7f1c'], told: () => ['asked with key-7f1c'] })],
  ['I10', 'it never comes to rest', () => shown(() => ({ status: 'running' }))],
  ['I10', 'it does not say why it rests', () => shown(() => ({ status: 'waiting', waiting: null }))],
  ['I10', 'it is stuck', () => shown(() => ({ status: 'failed', error: { code: 'stuck', message: '' } }))],
];

it('finds nothing in a film as it is', async () => {
  expect(await checkProject(clean)).toEqual([]);
});

it.each(PLANTED)('finds by %s that %s', async (invariant, _, plant) => {
  const found = await checkProject({ ...clean, ...plant() });
  expect(found.map((each) => each.split(':')[0])).toContain(invariant);
});

it('finds a secret of a handle everywhere but in its own event', async () => {
  const secrets = ['world-handle-08be6d35'];
  expect(await checkProject({ ...clean, secrets })).toEqual([]);
  const told = (): string[] => [`job ${secrets[0]}`];
  expect(await checkProject({ ...clean, secrets, told })).toEqual([expect.stringMatching(/^I9: .* in a log/)]);
});
