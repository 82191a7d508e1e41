import { type Cost, FREE, sumOf } from '../money/estimate.ts';
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
import type { Step } from '../project/steps.ts';
import type { StyleGuide } from '../project/storyboard.ts';
import { STEP, type StepStatus } from '../project/status.ts';
import type { MicroUsd, ModelId } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { ANY, costOf } from './step-cost.ts';

/** One step of a plan. `cost` is free where it is reused, left out or made on this machine. */
export interface PlanStep {
  readonly id: string;
  readonly kind: Step['kind'];
  readonly sceneId: string | null;
  readonly model: ModelId | null;
  readonly status: StepStatus;
  /** `skip`: its scene is left out of the film. */
  readonly action: 'make' | 'reuse' | 'skip';
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

/** A scene that is still to be written may begin with a cut: at most one first frame more for each. */
function cutsAtMost(context: EngineContext, state: ProjectState, unwritten: number): Cost {
  const last = state.scenes.at(-1)?.scene;
  const [first] = planSteps(state);
  const spared = unwritten === state.scenes.length ? unwritten - 1 : unwritten;
  if (last === undefined || first === undefined || spared < 1 || state.film.seams === 'from-clip') return FREE;
  const recipe = keyframeRecipe(state, last, state.styleGuide as StyleGuide, 'start', false, []);
  const { worst } = costOf(context, state, first, recipe);
  return { expected: 0 as MicroUsd, worst: worst === null ? null : ((worst * spared) as MicroUsd), exact: false };
}

interface Costed extends PlanStep {
  /** What it costs if it is made, whether it is done or not. */
  readonly whole: Cost;
}

function costed(context: EngineContext, state: ProjectState, real: ReadonlyMap<string, Step>, step: Step): Costed {
  const { id, kind, sceneId, model } = step;
  const { status = STEP.pending, skipped = false } = real.get(id) ?? {};
  const action = status === STEP.completed ? 'reuse' : skipped ? 'skip' : 'make';
  const recipe = recipeOf(state, step);
  const whole = recipe === null ? FREE : costOf(context, state, step, recipe);
  return { id, kind, sceneId, model, status, action, cost: action === 'make' ? whole : FREE, whole };
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
  return fingerprintOf({ settings, words, worst });
}

/** Warnings of the project, and those of models as the catalogue has them now. */
function warningsOf({ catalogue, clock }: EngineContext, { settings, warnings }: ProjectState): readonly Warning[] {
  const used = Object.values(settings.models).flatMap((ids) => ids.slice(0, 1));
  const leaving = retirementWarnings(catalogue, used, new Date(clock.now()).toISOString());
  return [...warnings.filter(({ code }) => code !== 'retiring'), ...leaving];
}

function costedSteps(context: EngineContext, state: ProjectState, whole: ProjectState): Costed[] {
  const steps = planSteps(state);
  const real = new Map(steps.map((step) => [step.id, step]));
  const writing = steps.filter(({ kind }) => kind === 'storyboard' || kind === 'scenes');
  return [
    ...writing.map((step) => costed(context, state, real, step)),
    ...planSteps(whole).map((step) => costed(context, whole, real, step)),
  ];
}

/** The plan of a project as it stands, and the most that will have been spent when it is done. Pure but for the time, which chooses prices. */
export function planOf(
  context: EngineContext,
  state: ProjectState,
  eta: Eta | null = null,
): { readonly plan: Plan; readonly ceiling: MicroUsd | null } {
  const { state: whole, unwritten } = imagined(state);
  const steps = costedSteps(context, state, whole);
  const cuts = cutsAtMost(context, whole, unwritten);
  const { worst } = sumOf([...steps.map((step) => step.whole), cuts]);
  const cost = sumOf([...steps.map((step) => step.cost), cuts]);
  const { charged, held, unknown } = state.ledger;
  const plan: Plan = {
    digest: digestOf(state, worst),
    gate: gateReached(state, planSteps(state)),
    calls: steps.filter(({ action, model }) => action === 'make' && model !== null).length,
    reused: steps.filter(({ action }) => action === 'reuse').length,
    seconds: filmSeconds(whole, steps),
    cost: { ...cost, exact: cost.exact && unwritten === 0 },
    charged: charged as MicroUsd,
    eta,
    warnings: warningsOf(context, state),
    steps: steps.map((step) => {
      const { whole: _, ...shown } = step;
      return shown;
    }),
  };
  return { plan, ceiling: cost.worst === null ? null : ((charged + held + unknown + cost.worst) as MicroUsd) };
}
