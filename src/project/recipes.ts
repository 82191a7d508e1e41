import type { Digest, ModelId, ModelOptions, Transition } from '../spec/index.ts';
import { itemAt } from './item-at.ts';
import { modelOf } from './model-lists.ts';
import type { RemedyRecipe } from './remedies.ts';
import type { Reference } from './settings.ts';
import type { ProjectState } from './state.ts';
import type { Character, SceneAudio, StyleGuide } from './storyboard.ts';

/** Number of the recipes below, frozen into a project at creation. A changed recipe gets a new number beside the old one. */
export const RECIPES = 1;

/** A reference as recipes read it. */
export interface RecipeReference {
  readonly name: string;
  readonly kind: Reference['kind'];
  readonly description: string | null;
  readonly image: Digest;
}

/** What the writer of the storyboard is given. */
export interface StoryboardRecipe {
  readonly recipe: 'storyboard/1';
  readonly model: ModelId;
  readonly prompt: string;
  readonly style: string;
  readonly ratio: string;
  readonly lengths: readonly number[];
  readonly references: readonly RecipeReference[];
  readonly options: ModelOptions | null;
}

/** What the writer of added scenes is given; what stands already is read, but does not make it another request. */
export interface ScenesRecipe {
  readonly recipe: 'scenes/1';
  readonly model: ModelId;
  readonly requestId: string;
  readonly lengths: readonly number[];
  readonly direction: string | null;
  readonly options: ModelOptions | null;
  /** Scenes that are written anew in their places, by id. */
  readonly rewrites?: readonly string[];
}

/** What the writer of a prompt is given that a content filter refused. */
export interface RewriteRecipe {
  readonly recipe: 'rewrite/1';
  readonly model: ModelId;
  /** The step that is made from it. */
  readonly target: string;
  /** Place of the remedy in the list. */
  readonly index: number;
  readonly style: string;
  readonly ratio: string;
  readonly description: string;
  readonly keyDetails: readonly string[];
  /** As the scene has it. */
  readonly prompt: string;
  readonly reasons: readonly string[];
  readonly options: ModelOptions | null;
}

/** Fields common to pictures and clips. */
export interface SceneRecipe {
  readonly model: ModelId;
  readonly sceneId: string;
  readonly ratio: string;
  readonly width: number;
  readonly height: number;
  readonly style: string;
  readonly styleGuide: StyleGuide;
  readonly cast: readonly Character[];
  readonly keyDetails: readonly string[];
  readonly transitionNotes: string;
  readonly negativePrompt: string | null;
  readonly references: readonly RecipeReference[];
  readonly options: ModelOptions | null;
  readonly remedy: RemedyRecipe | null;
}

/** What a still is made of. The frame that it is drawn from is conditioning, not part of it. */
export interface KeyframeRecipe extends SceneRecipe {
  readonly recipe: 'keyframe/1';
  readonly position: 'start' | 'end';
  readonly description: string;
  readonly prompt: string;
}

/** What a clip is made of. */
export interface ClipRecipe extends SceneRecipe {
  readonly recipe: 'clip/1';
  readonly seconds: number;
  readonly resolution: string;
  readonly motionPrompt: string;
  readonly sound: SceneAudio | null;
  readonly audio: boolean;
  readonly start: Digest;
  readonly end: Digest | null;
}

/** A border frame that is taken from a clip: free. */
export interface BorderRecipe {
  readonly recipe: 'border/1';
  readonly clip: Digest;
  /** Else its last one. */
  readonly frame?: 'first';
}

/** What the film is made of. */
export interface FilmRecipe {
  readonly recipe: 'film/1';
  readonly clips: readonly { readonly digest: Digest; readonly seconds: number }[];
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly transition: Transition;
}

/** Any recipe: the hard inputs of a step, all of them and nothing else. */
export type Recipe = PaidRecipe | FreeRecipe;

/** Recipes that a model is asked to follow. */
export type PaidRecipe = WritingRecipe | KeyframeRecipe | ClipRecipe;

/** Recipes that ask for words. */
export type WritingRecipe = StoryboardRecipe | ScenesRecipe | RewriteRecipe;

/** Recipes that this machine follows. */
export type FreeRecipe = BorderRecipe | FilmRecipe;

/** Whether a recipe costs nothing. */
export function isFree(recipe: Recipe): recipe is FreeRecipe {
  return recipe.recipe === 'film/1' || recipe.recipe === 'border/1';
}

/** Whether a recipe asks for words. */
export function isWriting(recipe: Recipe): recipe is WritingRecipe {
  return recipe.recipe === 'storyboard/1' || recipe.recipe === 'scenes/1' || recipe.recipe === 'rewrite/1';
}

/** References as recipes read them. */
export function referencesOf(state: ProjectState): readonly RecipeReference[] {
  return state.settings.references.map(({ name, kind, description, image }) => ({ name, kind, description, image }));
}

/** The options that a model's provider was given. */
export function optionsFor(state: ProjectState, model: ModelId): ModelOptions | null {
  return state.settings.options[model.slice(0, model.indexOf(':'))] ?? null;
}

/** The recipe of the whole storyboard. */
export function storyboardRecipe(state: ProjectState): StoryboardRecipe {
  const { models, prompt, style, ratio } = state.settings;
  const model = modelOf(state, 'storyboard', itemAt(models.text, 0));
  return {
    recipe: 'storyboard/1',
    model,
    prompt,
    style,
    ratio,
    lengths: state.created.body.lengths,
    references: referencesOf(state),
    options: optionsFor(state, model),
  };
}

/** The recipe of asked-for scenes. */
export function scenesRecipe(state: ProjectState, requestId: string): ScenesRecipe {
  const asked = state.requests.get(requestId)?.asked;
  const model = modelOf(state, `scenes:${requestId}`, itemAt(state.settings.models.text, 0));
  return {
    recipe: 'scenes/1',
    model,
    requestId,
    lengths: asked?.lengths ?? [],
    direction: asked?.direction ?? null,
    options: optionsFor(state, model),
    ...(asked?.rewrites === undefined ? {} : { rewrites: asked.rewrites }),
  };
}

/** The recipe of the film. */
export function filmRecipe(state: ProjectState, clips: FilmRecipe['clips']): FilmRecipe {
  const { width, height, fps } = state.film;
  return { recipe: 'film/1', clips, width, height, fps, transition: state.settings.transition };
}
