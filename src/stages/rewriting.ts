import { seedFor } from '../project/fingerprint.ts';
import type { RewriteRecipe } from '../project/recipes.ts';
import type { TextAsk } from './requests.ts';
import { lines } from './wording.ts';
import { repair, TEMPERATURE, type Tries } from './writing.ts';

const SYSTEM = lines(
  'You mend prompts of a picture or video model that its content filter has refused.',
  'Tell the same moment in other words, so that nobody could take it for violent, sexual, dangerous, hateful or about a real person, a child or a brand.',
  'Keep place, people by their names, light, camera and movement wherever they are harmless. Say all that is to be seen: nothing else is given to the model.',
  'Answer with one JSON value that fits the schema, and nothing else.',
);

/** What the writer of a refused prompt is asked. */
export function rewriteAsk(recipe: RewriteRecipe, seed: number, tries: Tries): TextAsk {
  const { style, ratio, description, keyDetails, reasons, options } = recipe;
  const prompt = lines(
    `Style: ${style}`,
    `Ratio: ${ratio}`,
    `Scene: ${description}`,
    keyDetails.length > 0 && `Is seen: ${keyDetails.join('; ')}`,
    `Refused prompt: ${recipe.prompt}`,
    reasons.length > 0 && `What the filter said: ${reasons.join(' ')}`,
    repair(tries),
  );
  return {
    kind: 'text',
    shape: 'prompt',
    scenes: 0,
    system: SYSTEM,
    prompt,
    temperature: TEMPERATURE,
    seed: seedFor(seed, `${recipe.target}/rewrite/${recipe.index}`, tries.length),
    ...(options === null ? {} : { options }),
  };
}
