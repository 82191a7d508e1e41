import type { RemedyChange } from './custom-remedies.ts';
import type { Remedy } from './settings.ts';

const GENTLE =
  'Suitable for all audiences: no violence, no weapons, no injuries, no nudity, nothing dangerous, no real persons.';
const STRONG =
  'Strictly family-friendly: calm, friendly and harmless in every picture. Everyone is fully clothed, nobody is hurt, threatened or a real person, and no brand or logo is seen.';
const CALM =
  'A calm, bright view of the same place from another distance and angle. Everyone in it is an adult, fully clothed and relaxed; nothing frightening, dangerous or hurtful is seen.';

/**
 * What is tried where a content filter refuses, when `safety.remedies` says nothing else: another seed (what a filter finds in an output is often gone in the
 * next one), a gentle prefix, a strong one, then a new first or last frame from a safe prompt.
 * Append `{ kind: 'rewrite' }` and `{ kind: 'model' }` to try those as well.
 */
export const DEFAULT_REMEDIES: readonly Remedy[] = [
  { kind: 'seed' },
  { kind: 'prefix', text: GENTLE },
  { kind: 'prefix', text: STRONG },
  { kind: 'frame', which: 'start', prompt: CALM, text: STRONG },
  { kind: 'frame', which: 'end', prompt: CALM, text: STRONG },
];

/** A remedy of the list, or another take that `inspect` asked for. */
export type AnyRemedy = Remedy | { readonly kind: 'retake' };

/** Other takes of a still or clip that `inspect` gets, as long as its words stay. */
export const MOST_RETAKES = 2;

/** What remedies have made of the request of a still or clip: part of its recipe. */
export interface RemedyRecipe {
  /** How many were applied; each brings another seed. */
  readonly nth: number;
  /** Goes before the prompt. */
  readonly prefix: string | null;
  /** Stands in place of the scene's own prompt. */
  readonly prompt: string | null;
  /** Whether `prompt` tells all that is to be seen. */
  readonly rewritten: boolean;
  /** The seed that a remedy of the user's own chose. */
  readonly seed?: number;
}

/** What recipes read of a remedy. */
export interface MergedRemedy {
  readonly body: { readonly remedy: AnyRemedy; readonly change?: RemedyChange };
  readonly words: string | null;
}

function merged(
  before: RemedyRecipe,
  { body: { remedy, change }, words }: MergedRemedy,
  isStill: boolean,
): RemedyRecipe {
  if (remedy.kind === 'prefix') return { ...before, prefix: remedy.text };
  if (remedy.kind === 'rewrite' && words !== null) return { ...before, prompt: words, rewritten: true };
  if (remedy.kind === 'custom') {
    const prefixed = { ...before, prefix: change?.prefix ?? before.prefix };
    return change?.prompt === undefined ? prefixed : { ...prefixed, prompt: change.prompt, rewritten: false };
  }
  if (remedy.kind !== 'frame') return before;
  const prefixed = { ...before, prefix: remedy.text ?? before.prefix };
  return isStill ? { ...prefixed, prompt: remedy.prompt, rewritten: false } : prefixed;
}

/** All of a step's remedies in one: they add up, and of two that set the same the later one counts. */
export function mergeRemedies(applied: readonly MergedRemedy[], isStill: boolean): RemedyRecipe | null {
  if (applied.length === 0) return null;
  const first: RemedyRecipe = { nth: applied.length, prefix: null, prompt: null, rewritten: false };
  const all = applied.reduce((before, each) => merged(before, each, isStill), first);
  const seed = applied.at(-1)?.body.change?.seed;
  return seed === undefined ? all : { ...all, seed };
}
