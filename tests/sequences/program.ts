import fc from 'fast-check';
import type { GateName } from 'vidpipe';
import { MODEL_FAULTS, type ModelFault } from 'vidpipe/testing';
import { KINDS, type Kind, REVERSIBLE } from './kinds.ts';

/** What somebody wants different: a kind of change, or two at once, and a number that says of what. */
export interface Wish {
  readonly kind: Kind;
  readonly also: Kind | null;
  readonly nth: number;
}

/** What somebody does from another process while a run is on: when so many probes were passed since its begin. */
export type Beside = { readonly after: number } & (
  | { readonly do: 'change'; readonly wish: Wish }
  | { readonly do: 'fork'; readonly wish: Wish; readonly openCalls: 'wait' | 'buy' }
  | { readonly do: 'stop' | 'drain' | 'second driver' | 'collect' | 'approve' | 'delete' | 'block' }
);

/** The process stops for ever at the probe of this number (from 1) since the begin of the act. */
interface MayCrash {
  readonly crashAt: number | null;
}

/** One act of a program. `of` says on which project of the family: it is counted around. */
export type Act = { readonly of: number } & (
  | ({ readonly do: 'run'; readonly beside: readonly Beside[] } & MayCrash)
  | ({ readonly do: 'change'; readonly wish: Wish } & MayCrash)
  | ({ readonly do: 'fork'; readonly wish: Wish; readonly openCalls: 'wait' | 'buy' } & MayCrash)
  | ({ readonly do: 'two editors'; readonly one: Wish; readonly other: Wish } & MayCrash)
  | { readonly do: 'revert'; readonly wish: Wish; readonly runs: boolean }
  | { readonly do: 'no change' | 'stop' | 'approve' | 'export and import' | 'collect' }
  | { readonly do: 'delete'; readonly force: boolean }
);

/** All that happens to a project and its forks. Plain data: it plays the same each time. */
export interface Program {
  readonly seed: number;
  /** Scenes of the first project. */
  readonly scenes: number;
  /** A model writes its storyboard; else it is the user's own. */
  readonly writer: boolean;
  /** The own storyboard has a cut before every so many scenes. */
  readonly cutEvery: number;
  readonly lastFrame: boolean;
  readonly cancels: boolean;
  readonly asking: 'key' | 'look-up' | 'neither';
  readonly gates: readonly GateName[];
  /** Micro-dollars, or no limit. */
  readonly budget: number | null;
  readonly modelFaults: readonly ModelFault[];
  readonly acts: readonly Act[];
}

const DONE = ['run', 'change', 'fork', 'two editors', 'revert', 'no change', 'stop', 'approve', 'export and import'];
const DONE_BESIDE = ['change', 'fork', 'stop', 'drain', 'second driver', 'collect', 'approve', 'delete', 'block'];
const RESTS = ['completed', 'waiting', 'stopped', 'failed'];

/** What is met in enough programs: every act, in mid-run as well, every kind of change, crashes, and plans and reverts that could be held to. */
export const MEETINGS: readonly string[] = [
  ...DONE,
  ...DONE_BESIDE.map((what) => `in mid-run: ${what}`),
  ...KINDS.map((each) => `change: ${each}`),
  ...RESTS.map((status) => `run ${status}`),
].concat(['collect', 'delete', 'crash', 'as planned', 'reverted']);

/** Takes `rare` once in so many times. */
function rarely<T>(times: number, rare: fc.Arbitrary<T>, often: T): fc.Arbitrary<T> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(often) }, { weight: 1, arbitrary: rare });
}

const nth = fc.nat(40);
/** About as many probes as a film of three scenes passes. */
const probe = fc.integer({ min: 1, max: 110 });
const crashAt = rarely<number | null>(4, probe, null);
const of = fc.nat(5);
const openCalls = fc.constantFrom('wait' as const, 'buy' as const);
const kind = fc.constantFrom(...KINDS);
const wish: fc.Arbitrary<Wish> = fc.record({ kind, also: rarely<Kind | null>(4, kind, null), nth });
const reversible: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom(...REVERSIBLE),
  also: fc.constant(null),
  nth,
});

const expands: fc.Arbitrary<Wish> = fc.record({ kind: fc.constant('expand'), also: fc.constant(null), nth });

const beside: fc.Arbitrary<Beside> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ after: probe, do: fc.constant('change' as const), wish }) },
  { weight: 2, arbitrary: fc.record({ after: probe, do: fc.constant('change' as const), wish: expands }) },
  { weight: 3, arbitrary: fc.record({ after: probe, do: fc.constant('fork' as const), wish, openCalls }) },
  {
    weight: 4,
    arbitrary: fc.record({
      after: probe,
      do: fc.constantFrom('stop', 'drain', 'second driver', 'collect', 'approve', 'delete', 'block'),
    }),
  },
);

const run = fc.record({
  of,
  do: fc.constant('run' as const),
  crashAt,
  beside: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(beside, { minLength: 1, maxLength: 3 }) },
  ),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: run },
  { weight: 6, arbitrary: fc.record({ of, do: fc.constant('change' as const), wish, crashAt }) },
  { weight: 3, arbitrary: fc.record({ of, do: fc.constant('fork' as const), wish, openCalls, crashAt }) },
  { weight: 2, arbitrary: fc.record({ of, do: fc.constant('two editors' as const), one: wish, other: wish, crashAt }) },
  { weight: 2, arbitrary: fc.record({ of, do: fc.constant('revert' as const), wish: reversible, runs: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ of, do: fc.constantFrom('no change', 'stop', 'approve', 'collect') }) },
  { weight: 1, arbitrary: fc.record({ of, do: fc.constant('export and import' as const) }) },
  { weight: 1, arbitrary: fc.record({ of, do: fc.constant('delete' as const), force: fc.boolean() }) },
);

const modelFault: fc.Arbitrary<ModelFault> = fc
  .constantFrom('text' as const, 'image' as const, 'video' as const)
  .chain((making) =>
    fc.record({
      making: fc.constant(making),
      nth: fc.integer({ min: 1, max: 6 }),
      // A job without end keeps its project from any rest.
      fault: fc.constantFrom(...MODEL_FAULTS[making]).filter((fault) => fault !== 'endless'),
    }),
  );

/** Programs of up to eight acts over films of up to three scenes at first. */
export const programs: fc.Arbitrary<Program> = fc.record({
  seed: fc.nat(),
  scenes: fc.integer({ min: 1, max: 3 }),
  writer: fc.boolean(),
  cutEvery: fc.constantFrom(9, 2),
  lastFrame: rarely(3, fc.constant(false), true),
  cancels: fc.boolean(),
  asking: fc.constantFrom('key', 'look-up', 'key', 'look-up', 'neither'),
  gates: rarely<readonly GateName[]>(5, fc.subarray(['plan', 'storyboard', 'keyframes', 'clips']), []),
  budget: rarely<number | null>(5, fc.integer({ min: 100_000, max: 1_500_000 }), null),
  modelFaults: rarely<readonly ModelFault[]>(4, fc.array(modelFault, { minLength: 1, maxLength: 3 }), []),
  acts: fc.array(act, { minLength: 1, maxLength: 8, size: 'max' }),
});
