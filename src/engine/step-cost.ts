import { type Cost, costOfTries, sumOf } from '../money/estimate.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import { remediedTries } from '../project/remedied-tries.ts';
import { MOST_RETAKES } from '../project/remedies.ts';
import type { ProjectState } from '../project/state.ts';
import type { Step } from '../project/steps.ts';
import type { Digest, MicroUsd, Price } from '../spec/index.ts';
import { fitAsk } from '../stages/fit.ts';
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

/** What one call costs that follows a recipe; `null` where nobody knows. */
export function quoteOf(context: EngineContext, state: ProjectState, step: Step, recipe: PaidRecipe): Price | null {
  if (!context.catalogue.has(recipe.model)) return null;
  const end = recipe.recipe === 'keyframe/1' && recipe.position === 'end';
  const condition = end && state.film.conditionedBy !== null ? ANY : null;
  const usable = context.model(recipe.model);
  const ask = fitAsk(askOf(state, { ...step, fingerprint: '', recipe: () => recipe, condition }, recipe), usable.entry);
  return context.costs.quote(pricedFor(ask, usable, new Date(context.clock.now()).toISOString()));
}

/** What is only paid where a filter refuses, or a writer cuts. */
export function worstOnly(cost: Cost): Cost {
  return { ...cost, expected: 0 as MicroUsd, exact: true };
}

/** The dearest of prices; `null` where nobody knows one of them. */
function dearestOf(prices: readonly (Price | null)[]): Price | null {
  return prices.reduce((one, other) => (one === null || other === null ? null : other.worst > one.worst ? other : one));
}

/** What a step costs: once if nothing fails, and at most with every try and every remedy that a run makes by itself. */
export function costOf(context: EngineContext, state: ProjectState, step: Step, recipe: PaidRecipe): Cost {
  const own = costOfTries(quoteOf(context, state, step, recipe), triesOf(context, recipe));
  const { remedied, rewrites, again: shared } = remediedTries(state, recipe);
  const prices = remedied.map((each) => dearestOf(each.map((one) => quoteOf(context, state, step, one))));
  const dearest = dearestOf([quoteOf(context, state, step, recipe), ...prices]);
  const again = shared + ('remedy' in recipe && context.inspect !== undefined ? MOST_RETAKES : 0);
  const more = [
    ...prices.map((price) => costOfTries(price, 1)),
    ...rewrites.map((each) => costOfTries(quoteOf(context, state, step, each), triesOf(context, each))),
    ...(again > 0 ? [costOfTries(dearest, again)] : []),
  ];
  return sumOf([own, ...more.map((cost) => worstOnly(cost))]);
}
