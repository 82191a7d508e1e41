import type { Digest, ModelId } from '../spec/index.ts';
import { itemAt } from './item-at.ts';
import { clipSeconds } from './lengths.ts';
import {
  type ClipRecipe,
  type KeyframeRecipe,
  optionsFor,
  referencesOf,
  type RewriteRecipe,
  type SceneRecipe,
} from './recipes.ts';
import { modelOf } from './model-lists.ts';
import { type MergedRemedy, mergeRemedies, type RemedyRecipe } from './remedies.ts';
import type { AppliedRemedy, ProjectState } from './state.ts';
import type { Scene, StyleGuide } from './storyboard.ts';

type Place = 'start' | 'end' | 'clip';

/** The part of a scene that a still or a clip is, by the id of its step. */
export function placeOf(stepId: string): Place {
  if (stepId.startsWith('clip:')) return 'clip';
  return stepId.endsWith(':start') ? 'start' : 'end';
}

/** The words of a scene that a still or its clip is made from first of all. */
function promptOf(scene: Scene, place: Place): string {
  if (place === 'clip') return scene.motionPrompt;
  return place === 'start' ? scene.startPrompt : scene.endPrompt;
}

/** The id of the step that writes a prompt anew. */
export function rewriteId({ id }: Scene, target: string, index: number): string {
  return `rewrite:${id}:${placeOf(target)}:${index}`;
}

/** The recipe of a prompt that is written anew, for a still or the clip of a scene. */
export function rewriteRecipe(
  state: ProjectState,
  scene: Scene,
  { stepId: target, index, reasons }: Pick<AppliedRemedy['body'], 'stepId' | 'index' | 'reasons'>,
): RewriteRecipe {
  const model = modelOf(state, rewriteId(scene, target, index), itemAt(state.settings.models.text, 0));
  const { style, ratio } = state.settings;
  const { description, keyDetails } = scene;
  const words = { description, keyDetails, prompt: promptOf(scene, placeOf(target)), reasons };
  return { recipe: 'rewrite/1', model, target, index, style, ratio, ...words, options: optionsFor(state, model) };
}

function sceneFields(
  state: ProjectState,
  scene: Scene,
  guide: StyleGuide,
  model: ModelId,
  remedy: RemedyRecipe | null,
): SceneRecipe {
  const { settings, film } = state;
  return {
    model,
    sceneId: scene.id,
    ratio: settings.ratio,
    width: film.width,
    height: film.height,
    style: settings.style,
    styleGuide: guide,
    cast: state.characters.filter(({ name }) => scene.cast.includes(name)),
    keyDetails: scene.keyDetails,
    transitionNotes: scene.transitionNotes,
    negativePrompt: settings.negativePrompt,
    references: referencesOf(state),
    options: optionsFor(state, model),
    remedy,
  };
}

/** The model that draws a still. */
export function stillModel(state: ProjectState, stepId: string, conditioned: boolean): ModelId {
  const first = (conditioned ? state.film.conditionedBy : null) ?? itemAt(state.settings.models.image, 0);
  return modelOf(state, stepId, first);
}

/** The model that makes a clip. */
export function clipModel(state: ProjectState, stepId: string): ModelId {
  return modelOf(state, stepId, itemAt(state.settings.models.video, 0));
}

/** The recipe of a still. */
export function keyframeRecipe(
  state: ProjectState,
  scene: Scene,
  guide: StyleGuide,
  position: 'start' | 'end',
  conditioned: boolean,
  applied: readonly MergedRemedy[],
): KeyframeRecipe {
  const model = stillModel(state, `keyframe:${scene.id}:${position}`, conditioned);
  return {
    recipe: 'keyframe/1',
    position,
    ...sceneFields(state, scene, guide, model, mergeRemedies(applied, true)),
    description: scene.description,
    prompt: promptOf(scene, position),
  };
}

/** The recipe of a clip. */
export function clipRecipe(
  state: ProjectState,
  scene: Scene,
  guide: StyleGuide,
  start: Digest,
  end: Digest | null,
  applied: readonly MergedRemedy[],
): ClipRecipe {
  const { settings, film } = state;
  const model = clipModel(state, `clip:${scene.id}`);
  const fields = sceneFields(state, scene, guide, model, mergeRemedies(applied, false));
  return {
    recipe: 'clip/1',
    ...fields,
    references: film.clipReferences ? fields.references : [],
    resolution: settings.resolution,
    seconds: clipSeconds(film.durations, scene.seconds),
    motionPrompt: scene.motionPrompt,
    // Nobody is asked for sound where the film has none.
    sound: settings.audio ? (scene.audio ?? null) : null,
    audio: settings.audio,
    start,
    end,
  };
}
