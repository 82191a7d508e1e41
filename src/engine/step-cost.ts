import { type Cost, costOfTries, sumOf } from '../money/estimate.ts';
import { candidatesOf } from '../project/candidates.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import { remediedTries } from '../project/remedied-tries.ts';
import { MOST_RETAKES } from '../project/remedies.ts';
import type { ProjectState } from '../project/state.ts';
import type { Step } from '../project/steps.ts';
import type { Digest, MicroUsd, ModelId, Price } from '../spec/index.ts';
import { callsFor, fitAsk } from '../stages/fit.ts';
import { WRITING_TRIES } from '../stages/writing.ts';
import { askOf } from './ask.ts';
import type { EngineContext } from './context.ts';
import { pricedFor } from './request.ts';

/** A picture that is not there yet. */
export const ANY: Digest = `sha256-${'0'.repeat(64)}`;

/** Tries that a run makes of a step by itself. */
function triesOf({ retry: { tries } }: EngineContext, recipe: PaidRecipe): number {
  return recipe.recipe === 'keyframe/1' || recipe.recipe === 'clip/1' ? tries : tries - 1 + WRITING_TRIES;
}

function bothOf(one: Price | null, other: Price | null): Price | null {
  if (one === null || other === null) return null;
  const [expected, worst] = [one.expected + other.expected, one.worst + other.worst] as MicroUsd[];
  return { expected: expected as MicroUsd, worst: worst as MicroUsd, exact: one.exact && other.exact };
}

/** What the takes cost that a step owes, each bought once by a recipe; `null` where nobody knows. */
export function quoteOf(context: EngineContext, state: ProjectState, step: Step, recipe: PaidRecipe): Price | null {
  if (!context.catalogue.has(recipe.model)) return null;
  const end = recipe.recipe === 'keyframe/1' && recipe.position === 'end';
  const condition = end && state.film.conditionedBy !== null ? ANY : null;
  const usable = context.model(recipe.model);
  const at = new Date(context.clock.now()).toISOString();
  const prices = callsFor(usable.entry, Math.max(1, step.owed)).map((owed) => {
    const asked = { ...step, owed, fingerprint: '', recipe: () => recipe, condition };
    return context.costs.quote(pricedFor(fitAsk(askOf(state, asked, recipe), usable.entry), usable, at));
  });
  return prices.reduce(bothOf);
}

/** Calls that bring so many takes. */
export function callsOf({ catalogue }: EngineContext, model: ModelId, takes: number): number {
  const entry = catalogue.get(model);
  return entry === undefined ? takes : callsFor(entry, takes).length;
}

/** What is only paid where a filter refuses, or a writer cuts. */
export function worstOnly(cost: Cost): Cost {
  return { ...cost, expected: 0 as MicroUsd, exact: true };
}

/** The dearest of prices; `null` where nobody knows one of them. */
function dearestOf(prices: readonly (Price | null)[]): Price | null {
  return prices.reduce((one, other) => (one === null || other === null ? null : other.worst > one.worst ? other : one));
}

/** What the takes of a step cost that it owes: once if nothing fails, and at most with every try and every remedy that a run makes by itself. A remedy has all candidates made anew. */
export function costOf(context: EngineContext, state: ProjectState, step: Step, recipe: PaidRecipe): Cost {
  const quote = (one: PaidRecipe, owed: number): Price | null => quoteOf(context, state, { ...step, owed }, one);
  const own = costOfTries(quote(recipe, step.owed), triesOf(context, recipe));
  const all = Math.max(step.owed, candidatesOf(state, step.id));
  const { remedied, rewrites, again: shared } = remediedTries(state, recipe);
  const prices = remedied.map((each) => dearestOf(each.map((one) => quote(one, all))));
  const dearest = dearestOf([quote(recipe, all), ...prices]);
  const again = shared + ('remedy' in recipe && context.inspect !== undefined ? MOST_RETAKES : 0);
  const more = [
    ...prices.map((price) => costOfTries(price, 1)),
    ...rewrites.map((each) => costOfTries(quote(each, 1), triesOf(context, each))),
    ...(again > 0 ? [costOfTries(dearest, again)] : []),
  ];
  return sumOf([own, ...more.map((cost) => worstOnly(cost))]);
}
