import type { GateName } from 'vidpipe';
import { type ActKind, ACTS } from './acts.ts';
import {
  type Act,
  type Asking,
  type Crash,
  LONGEST_THAW_MS,
  MODEL_FAULTS,
  type Making,
  type ModelFault,
  type ModelFaultKind,
  STORE_OPERATIONS,
  type StoreFault,
} from './faults.ts';
import type { Askings } from './models.ts';
import { SeededRandom } from './random.ts';

/** All that happens in one simulated project. Plain data: the same script gives the same log and the same bills, byte for byte. */
export interface Script {
  /** What latencies, ids and jitter are drawn from. */
  readonly seed: number;
  /** Scenes of the film at first. */
  readonly scenes: number;
  /** The storyboard is written by a model; else it is the user's own. */
  readonly writer: boolean;
  /** The clip model films towards a last frame. */
  readonly lastFrame: boolean;
  /** Takes are looked at before they are used, and some are not taken. */
  readonly inspects: boolean;
  /** Its jobs can be cancelled. */
  readonly cancels: boolean;
  /** Its clips are delivered by signed link. */
  readonly links: boolean;
  readonly askings: Askings;
  /** What is done about unknown outcomes; `default`: the library's own. */
  readonly onUnknown: 'ask' | 'resubmit' | 'fail' | 'default';
  /** What the user answers for calls that nobody can tell of, while there are faults; in calm always the truth. */
  readonly answers: 'truth' | 'resubmit' | 'abandon';
  /** Where the project waits for an approval, which it then gets. */
  readonly gates: readonly GateName[];
  /** Micro-dollars, or no limit. */
  readonly budget: number | null;
  readonly modelFaults: readonly ModelFault[];
  readonly storeFaults: readonly StoreFault[];
  readonly crashes: readonly Crash[];
  readonly acts: readonly Act[];
}

/** A film of two scenes where nothing goes wrong; what is given is otherwise. */
export function quietScript(changes: Partial<Script> = {}): Script {
  return {
    seed: 1,
    scenes: 2,
    writer: true,
    lastFrame: true,
    inspects: false,
    cancels: false,
    links: false,
    askings: { text: 'key', image: 'key', video: 'key' },
    onUnknown: 'default',
    answers: 'truth',
    gates: [],
    budget: null,
    modelFaults: [],
    storeFaults: [],
    crashes: [],
    acts: [],
    ...changes,
  };
}

const ASKINGS: readonly Asking[] = ['key', 'look-up', 'neither'];
const MAKINGS: readonly Making[] = ['text', 'image', 'video'];
const OPERATIONS = Object.values(STORE_OPERATIONS).flat();
const ACT_KINDS = Object.keys(ACTS) as ActKind[];
const GATES: readonly GateName[] = ['plan', 'storyboard', 'keyframes', 'clips'];
/** About as many probes as a film of this many scenes passes. */
const probesOf = (scenes: number): number => 120 + 90 * scenes;

function modelFault(random: SeededRandom, scenes: number): ModelFault {
  const making = random.pick(MAKINGS);
  const fault: ModelFaultKind = random.pick<ModelFaultKind>(MODEL_FAULTS[making]);
  const most = { text: 2, image: 2 * scenes, video: scenes };
  return { making, nth: random.whole(1, most[making]), fault };
}

function storeFault(random: SeededRandom, scenes: number): StoreFault {
  return {
    operation: random.pick(OPERATIONS),
    nth: Math.min(random.whole(1, 12 * scenes), random.whole(1, 12 * scenes)),
    how: random.pick(['fails', 'answer-lost']),
    times: random.chance(0.15) ? null : random.whole(1, 3),
  };
}

function crash(random: SeededRandom, scenes: number): Crash {
  return {
    at: random.whole(1, probesOf(scenes)),
    thawMs: random.chance(0.4) ? random.pick([500, 3_000, 6_000, LONGEST_THAW_MS]) : null,
  };
}

function act(random: SeededRandom, scenes: number): Act {
  return {
    at: random.whole(10, probesOf(scenes)),
    what: random.pick(ACT_KINDS),
  };
}

/** A random script of 2 to 8 scenes with more than one fault on average. The same seed gives the same script. */
export function randomScript(seed: number): Script {
  const random = new SeededRandom(seed);
  const scenes = Math.min(random.whole(2, 8), random.whole(2, 8));
  const asking = (): Asking => random.pick(ASKINGS);
  return {
    seed,
    scenes,
    writer: random.chance(0.5),
    lastFrame: random.chance(0.7),
    cancels: random.chance(0.5),
    links: random.chance(0.3),
    askings: { text: asking(), image: asking(), video: asking() },
    onUnknown: random.pick(['default', 'default', 'ask', 'resubmit', 'fail']),
    answers: random.pick(['truth', 'truth', 'resubmit', 'abandon']),
    gates: random.chance(0.2) ? GATES.filter(() => random.chance(0.5)) : [],
    budget: random.chance(0.3) ? random.whole(20_000, 300_000) * scenes : null,
    modelFaults: random.some(5, 0.6, () => modelFault(random, scenes)),
    storeFaults: random.some(3, 0.35, () => storeFault(random, scenes)),
    crashes: random.some(4, 0.45, () => crash(random, scenes)),
    acts: random.some(3, 0.35, () => act(random, scenes)),
    inspects: random.chance(0.25),
  };
}
