import type { MadeAsset } from '../project/events.ts';
import { itemAt } from '../project/item-at.ts';
import type { KnownStep } from '../project/steps.ts';
import type { BorderRecipe, FilmRecipe, FreeRecipe } from '../project/recipes.ts';
import type { EngineContext } from './context.ts';
import { intake, type LocalFile, localFile } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { readyStep, refOf } from './wanted.ts';

async function stitch(context: EngineContext, recipe: FilmRecipe, signal: AbortSignal): Promise<MadeAsset> {
  const files: LocalFile[] = [];
  const out = await context.spool.path('film.mp4');
  const { width, height, fps, transition } = recipe;
  try {
    for (const { digest } of recipe.clips) files.push(await localFile(context, digest));
    const clips = files.map(({ path }, index) => ({ path, seconds: itemAt(recipe.clips, index).seconds }));
    await context.media.stitch({ clips, width, height, fps, transition, out }, signal);
    return await intake(context, await context.spool.adopt(out), { kind: 'video' });
  } finally {
    await context.spool.remove(out);
    await Promise.all(files.map((file) => file.dispose()));
  }
}

async function border(
  context: EngineContext,
  recipe: BorderRecipe,
  size: Pick<FilmRecipe, 'width' | 'height'>,
  signal: AbortSignal,
): Promise<MadeAsset> {
  const clip = await localFile(context, recipe.clip);
  const out = await context.spool.path('border.png');
  try {
    await context.media.frameOf(clip.path, out, recipe.frame ?? 'last', signal);
    return await intake(context, await context.spool.adopt(out), { kind: 'image', size });
  } finally {
    await context.spool.remove(out);
    await clip.dispose();
  }
}

/** Makes what costs nothing: the film, or a border frame out of a clip. Throws media errors. */
export async function runFreeStep(
  context: EngineContext,
  log: ProjectLog,
  run: string,
  step: KnownStep,
  recipe: FreeRecipe,
  signal: AbortSignal,
): Promise<void> {
  const made =
    recipe.recipe === 'film/1'
      ? await stitch(context, recipe, signal)
      : await border(context, recipe, log.state.film, signal);
  const ref = refOf(step);
  await log.decide((state) =>
    readyStep(state, run, ref) === undefined
      ? null
      : { events: [{ type: 'step.completed', body: { ...ref, run, made: [made] } }] },
  );
}
