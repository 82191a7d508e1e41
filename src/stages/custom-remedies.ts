import { RemedyFailedError, UnknownRemedyError } from '../errors/index.ts';
import type { CustomRemedies, CustomRemedy, RemedyChange, RemedyInput } from '../project/custom-remedies.ts';
import type { FilterRefusal } from '../project/events.ts';
import type { ClipRecipe, KeyframeRecipe } from '../project/recipes.ts';
import type { Remedy } from '../project/settings.ts';
import type { ProjectState } from '../project/state.ts';

/** Throws `UnknownRemedyError` for remedies of a list that the pipeline was not given. */
export function assertRemedies(remedies: readonly Remedy[], custom: CustomRemedies): void {
  const named = remedies.flatMap((remedy) => (remedy.kind === 'custom' ? [remedy.name] : []));
  const missing = named.filter((name) => !Object.hasOwn(custom, name));
  if (missing.length > 0) throw new UnknownRemedyError({ names: [...new Set(missing)], known: Object.keys(custom) });
}

function inputOf(
  { id, film, settings }: ProjectState,
  recipe: KeyframeRecipe | ClipRecipe,
  refused: FilterRefusal & { readonly stepId: string },
): RemedyInput {
  const isStill = recipe.recipe === 'keyframe/1';
  const { model, remedy, sceneId } = recipe;
  const first = isStill ? model : settings.models.video[0];
  const models = [model, ...(first === undefined ? [] : [first]), ...film.standIns[isStill ? 'image' : 'video']];
  return {
    ...refused,
    projectId: id,
    sceneId,
    kind: isStill ? 'still' : 'clip',
    prompt: remedy?.prompt ?? (isStill ? recipe.prompt : recipe.motionPrompt),
    model,
    models: [...new Set(models)],
    nth: remedy?.nth ?? 0,
  };
}

const isText = (value: unknown, most: number): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= most && value.isWellFormed();

function issueWith(change: RemedyChange, models: readonly string[]): string | null {
  const { prompt, prefix, seed, model, ...rest } = change;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `it answers ${unknown}, which is no part of a change`;
  if (prompt !== undefined && !isText(prompt, 4000)) return 'prompt: expected 1 to 4000 characters';
  if (prefix !== undefined && !isText(prefix, 2000)) return 'prefix: expected 1 to 2000 characters';
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff))
    return `seed: expected 0 to 4294967295, got ${seed}`;
  if (model !== undefined && !models.includes(model)) return `model: expected ${models.join(', ')}, got ${model}`;
  return null;
}

function answerOf(name: string, remedy: CustomRemedy, input: RemedyInput): RemedyChange | null {
  let change: unknown;
  try {
    change = remedy(input);
  } catch (cause) {
    throw new RemedyFailedError({ name, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
  if (change === null) return null;
  const isPlain = typeof change === 'object' && !('then' in change);
  const issue = isPlain ? issueWith(change as RemedyChange, input.models) : 'expected a change or null, at once';
  if (issue !== null) throw new RemedyFailedError({ name, reason: issue });
  return change as RemedyChange;
}

/** Asks a remedy of the user's own. Throws `UnknownRemedyError`, and `RemedyFailedError` for one that throws or answers what can not be sent. */
export function askCustom(
  custom: CustomRemedies,
  name: string,
  state: ProjectState,
  recipe: KeyframeRecipe | ClipRecipe,
  refused: FilterRefusal & { readonly stepId: string },
): RemedyChange | null {
  assertRemedies([{ kind: 'custom', name }], custom);
  return answerOf(name, custom[name] as CustomRemedy, inputOf(state, recipe, refused));
}
