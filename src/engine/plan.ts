import { type Cost, FREE, sumOf } from '../money/estimate.ts';
import { awaitedCalls } from '../project/awaited.ts';
import { retirementWarnings } from '../project/choose-models.ts';
import type { Eta } from '../project/eta.ts';
import { fingerprintOf } from '../project/fingerprint.ts';
import { gateReached } from '../project/gates.ts';
import type { GateName } from '../project/kinds.ts';
import { planSteps } from '../project/graph.ts';
import { imagined } from '../project/imagine.ts';
import { isFree, type PaidRecipe, scenesRecipe } from '../project/recipes.ts';
import { clipRecipe, keyframeRecipe } from '../project/scene-recipes.ts';
import type { Warning } from '../project/settings.ts';
import type { ProjectState } from '../project/state.ts';
import type { KnownStep, Step } from '../project/steps.ts';
import type { StyleGuide } from '../project/storyboard.ts';
import { STEP, type StepStatus } from '../project/status.ts';
import type { MicroUsd, ModelId } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { unjudgedReply } from './judge.ts';
import type { Foreseen } from './revise.ts';
import { ANY, callsOf, costOf, worstOnly } from './step-cost.ts';

/** One step of a plan. `cost` is free where it is reused, left out or made on this machine. */
export interface PlanStep {
  readonly id: string;
  readonly kind: Step['kind'];
  readonly sceneId: string | null;
  readonly model: ModelId | null;
  readonly status: StepStatus;
  /** `remake`: it was made before, by another recipe, or one more take is wanted. `skip`: its scene is left out of the film. */
  readonly action: 'make' | 'remake' | 'reuse' | 'skip';
  /** Takes that are still to be made. */
  readonly takes: number;
  /** Of all its takes. */
  readonly cost: Cost;
}

/** What a run is going to do and to cost, from now on. Nothing is sent for it. */
export interface Plan {
  /** Names what is approved: settings, words, what the whole film costs at most. Never how far it has come. */
  readonly digest: string;
  /** The gate that the project waits at now. */
  readonly gate: GateName | null;
  /** Billable calls, if nothing fails. */
  readonly calls: number;
  /** Steps whose artifacts are there. */
  readonly reused: number;
  /** Steps that are made again. */
  readonly remade: number;
  /** Ids of steps whose artifacts the changes take out of the film; they stay as takes. */
  readonly superseded: readonly string[];
  /** Length of the film, seconds. */
  readonly seconds: number;
  /** What is still to be paid. The worst case counts every try that a run makes by itself. */
  readonly cost: Cost;
  readonly charged: MicroUsd;
  /** How long it takes from now on, seconds, along the critical path; `null` while one of its models has not been seen at work. */
  readonly eta: Eta | null;
  readonly warnings: readonly Warning[];
  readonly steps: readonly PlanStep[];
}

/** The recipe of a step as it will be, with any picture in place of those that are still to be made. */
function recipeOf(state: ProjectState, step: Step): PaidRecipe | null {
  if (step.recipe !== null) {
    const recipe = step.recipe();
    return isFree(recipe) ? null : recipe;
  }
  if (step.requestId !== null) return scenesRecipe(state, step.requestId);
  const scene = state.scenes.find((record) => record.scene.id === step.sceneId)?.scene;
  if (step.kind !== 'clip' || scene === undefined) return null;
  const end = state.film.seams === 'frames' ? ANY : null;
  return clipRecipe(state, scene, state.styleGuide as StyleGuide, ANY, end, []);
}

/**
 * First frames that no plan shows, at most: of scenes that are still to be written, or written anew, which may begin with a cut, and, where refused
 * scenes are left out, of those that go on from others. `open` are scenes with other words to come, `of` those that are looked at.
 */
function startsAtMost(
  context: EngineContext,
  state: ProjectState,
  open: (sceneId: string) => boolean,
  of: (sceneId: string) => boolean,
): Cost {
  const [first] = planSteps(state);
  if (first === undefined) return FREE;
  const skips = state.settings.safety.onRefused === 'skip';
  const costs = state.scenes.map(({ scene }, at) => {
    const mayStart = at > 0 && scene.enters === 'continue' && (skips || open(scene.id));
    if (!mayStart || !of(scene.id)) return FREE;
    const recipe = keyframeRecipe(state, scene, state.styleGuide as StyleGuide, 'start', false, []);
    return worstOnly(costOf(context, state, first, recipe));
  });
  return sumOf(costs);
}

interface Costed extends PlanStep {
  /** What it costs if it is made, whether it is done or not. */
  readonly whole: Cost;
  readonly calls: number;
}

/** The steps as they really stand, by id, and those that something was ever made for. */
interface Standing {
  readonly real: ReadonlyMap<string, Step>;
  readonly made: ReadonlySet<string>;
}

function standingOf({ steps }: ProjectState, planned: readonly Step[]): Standing {
  const made = [...steps].flatMap(([id, known]) =>
    [...known.values()].some((at) => at.artifacts.length > 0) ? [id] : [],
  );
  return { real: new Map(planned.map((step) => [step.id, step])), made: new Set(made) };
}

function actionOf(step: Step | undefined, isMade: boolean): PlanStep['action'] {
  if (step?.status === STEP.completed) return 'reuse';
  if (step?.skipped === true) return 'skip';
  return isMade ? 'remake' : 'make';
}

function costed(context: EngineContext, state: ProjectState, { real, made }: Standing, step: Step): Costed {
  const { id, kind, sceneId, model } = step;
  const is = real.get(id);
  const action = actionOf(is, made.has(id) && kind !== 'storyboard' && kind !== 'scenes');
  const recipe = recipeOf(state, step);
  const { owed, takes: all } = is ?? step;
  const takes = isDone(action) ? 0 : Math.max(1, owed);
  const status = is?.status ?? STEP.pending;
  const costOfAll = (count: number): Cost =>
    recipe === null || count === 0 ? FREE : costOf(context, state, { ...step, owed: count }, recipe);
  const whole = costOfAll(all);
  const cost = takes === all ? whole : costOfAll(takes);
  const calls = model === null ? 0 : callsOf(context, model, takes);
  return { id, kind, sceneId, model, status, action, takes, cost, whole, calls };
}

/** Whether nothing is made for a step. */
function isDone(action: PlanStep['action']): boolean {
  return action === 'reuse' || action === 'skip';
}

/** Length of the film of all scenes whose clips are not left out. */
function filmSeconds({ scenes, settings }: ProjectState, steps: readonly PlanStep[]): number {
  const left = new Set(steps.flatMap(({ action, sceneId }) => (action === 'skip' ? [sceneId] : [])));
  const lengths = scenes.flatMap(({ scene }) => (left.has(scene.id) ? [] : [scene.seconds]));
  const { kind, seconds } = settings.transition;
  const overlap = kind === 'fade' ? seconds * Math.max(0, lengths.length - 1) : 0;
  return lengths.reduce((sum, each) => sum + each, -overlap);
}

function digestOf(state: ProjectState, worst: MicroUsd | null): string {
  const { settings, styleGuide, characters, scenes, requests } = state;
  const owed = [...requests.values()].flatMap(({ asked, fulfilled }) => (fulfilled ? [] : [asked]));
  const words = { styleGuide, characters, scenes: scenes.map(({ scene }) => scene), owed };
  const steps = planSteps(state).filter(({ held }) => held !== null);
  const held = steps.map(({ id, artifact }) => ({ id, digest: artifact?.asset.digest ?? null }));
  return fingerprintOf({ settings, words, worst, ...(held.length === 0 ? {} : { held }) });
}

/** Warnings of the project, and those of models as the catalogue has them now. */
function warningsOf({ catalogue, clock }: EngineContext, state: ProjectState): readonly Warning[] {
  const { settings, warnings } = state;
  const used = Object.values(settings.models).flatMap((ids) => ids.slice(0, 1));
  const leaving = retirementWarnings(catalogue, used, new Date(clock.now()).toISOString());
  return [...warnings.filter(({ code }) => code !== 'retiring'), ...leaving, ...awaitedWarnings(state)];
}

/** What a fork waits for is counted as if it were bought, since it may have to be. */
function awaitedWarnings(state: ProjectState): readonly Warning[] {
  const calls = awaitedCalls(state).map(({ callId }) => callId);
  if (calls.length === 0) return [];
  return [{ code: 'awaited', message: `what ${calls.join(', ')} of the parent brings costs nothing here` }];
}

/** A writer's reply that is there and not read yet costs nothing more, unless it can not be used. */
function withReply(state: ProjectState, step: Step, costs: Costed): Costed {
  const isReplied =
    step.status !== STEP.completed &&
    step.fingerprint !== null &&
    unjudgedReply(state, step as KnownStep) !== undefined;
  return isReplied ? { ...costs, takes: 0, calls: 0, cost: worstOnly(costs.cost) } : costs;
}

function costedSteps(context: EngineContext, state: ProjectState, whole: ProjectState): Costed[] {
  const steps = planSteps(state);
  const real = standingOf(state, steps);
  const writing = steps.filter(({ kind }) => kind === 'storyboard' || kind === 'scenes');
  return [
    ...writing.map((step) => withReply(state, step, costed(context, state, real, step))),
    ...planSteps(whole).map((step) => costed(context, whole, real, step)),
  ];
}

/** The plan of a project as it stands, and the most that will have been spent when it is done. Pure but for the time, which chooses prices. */
export function planOf(
  context: EngineContext,
  state: ProjectState,
  eta: Eta | null = null,
  foreseen: Pick<Foreseen, 'warnings' | 'superseded'> = { warnings: [], superseded: [] },
): { readonly plan: Plan; readonly ceiling: MicroUsd | null } {
  const { state: whole, unwritten } = imagined(state);
  const steps = costedSteps(context, state, whole);
  const making = new Set(
    steps.flatMap(({ kind, action, sceneId }) => (kind === 'clip' && !isDone(action) ? [sceneId] : [])),
  );
  const isOpen = (id: string): boolean => unwritten.has(id) || state.rewriting.has(id);
  const starts = startsAtMost(context, whole, isOpen, (id) => making.has(id));
  const { worst } = sumOf([...steps.map((step) => step.whole), startsAtMost(context, whole, isOpen, () => true)]);
  const cost = sumOf([...steps.map((step) => step.cost), starts]);
  const { charged, held, unknown } = state.ledger;
  const plan: Plan = {
    digest: digestOf(state, worst),
    gate: gateReached(state, planSteps(state)),
    calls: steps.reduce((sum, { calls }) => sum + calls, 0),
    reused: steps.filter(({ action }) => action === 'reuse').length,
    remade: steps.filter(({ action }) => action === 'remake').length,
    superseded: foreseen.superseded,
    seconds: filmSeconds(whole, steps),
    cost: { ...cost, exact: cost.exact && unwritten.size === 0 },
    charged: charged as MicroUsd,
    eta,
    warnings: [...warningsOf(context, state), ...foreseen.warnings],
    steps: steps.map((step) => {
      const { whole: _whole, calls: _calls, ...shown } = step;
      return shown;
    }),
  };
  return { plan, ceiling: cost.worst === null ? null : ((charged + held + unknown + cost.worst) as MicroUsd) };
}
