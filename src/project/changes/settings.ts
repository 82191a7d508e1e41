import { InvalidSettingsError } from '../../errors/index.ts';
import type { ModelId } from '../../spec/index.ts';
import { chooseModels, listed } from '../choose-models.ts';
import type { EventBodies } from '../events.ts';
import { planSteps, scenePartsOf, type SceneParts } from '../graph.ts';
import { ownClip, stepIdOf } from '../held.ts';
import { plannedScenes, unwrittenLengths } from '../imagine.ts';
import { nearestLength } from '../lengths.ts';
import { defaultNegative, type Negotiated, negotiateWith } from '../negotiate.ts';
import type { ProjectSettings, Settings } from '../settings.ts';
import type { Artifact, ProjectState } from '../state.ts';
import { plain } from '../storyboard.ts';
import type { Draft } from './draft.ts';
import { keepEvent } from './keep.ts';
import type { SettingsChange } from './types.ts';

/** Settings that models have to agree to. */
const NEGOTIATED = ['models', 'ratio', 'resolution', 'audio', 'clipDuration', 'references', 'seed'] as const;
type Patch = Omit<SettingsChange, 'apply'>;

/** Models after a change; those of a kind that stays are not chosen anew, so that one that is retired since holds up nothing. */
function modelsAfter({ state, given: { catalogue, at } }: Draft, patch: Patch): Settings['models'] {
  const of = (kind: 'text' | 'image' | 'video'): readonly ModelId[] => {
    const choice = patch.models?.[kind];
    if (choice !== undefined) return chooseModels(catalogue, kind, choice, at);
    for (const id of state.settings.models[kind].slice(0, 1)) listed(catalogue, kind, id);
    return state.settings.models[kind];
  };
  return { text: of('text'), image: of('image'), video: of('video') };
}

/** What the models agree to, with the settings that stand as wishes. */
function agreed(draft: Draft, patch: Patch): Negotiated {
  const { settings } = draft.state;
  const { models: _models, seed, ...stands } = settings;
  const { prompt, style, ratio, resolution, audio, maxScenes } = { ...stands, ...patch };
  const references = patch.references ?? settings.references.map(({ name, kind }) => ({ name, kind, image: '-' }));
  const clip = patch.clipDuration === undefined ? {} : { clipDuration: patch.clipDuration };
  const wish: ProjectSettings = {
    prompt,
    style,
    ratio,
    resolution,
    audio,
    maxScenes,
    references,
    ...clip,
    duration: 1,
  };
  const stored = patch.references === undefined ? settings.references : draft.given.references;
  const given = { seed, at: draft.given.at, references: stored };
  const known = patch.seed === undefined ? wish : { ...wish, seed: patch.seed };
  return negotiateWith(modelsAfter(draft, patch), known, draft.given.catalogue, given);
}

/** Settings that need no model's word, as the log holds them. */
function plainPart({ settings }: ProjectState, patch: Patch): Partial<Settings> {
  const {
    models: _models,
    clipDuration: _clip,
    references: _references,
    negativePrompt,
    onUnknown,
    safety,
    ...same
  } = patch;
  const restyled = patch.style !== undefined && settings.negativePrompt === defaultNegative(settings.style);
  const negative = negativePrompt ?? (restyled ? defaultNegative(patch.style ?? '') : undefined);
  return {
    ...same,
    ...(negative === undefined ? {} : { negativePrompt: negative === '' ? null : negative }),
    ...(onUnknown === undefined ? {} : { onUnknown: { ...settings.onUnknown, ...onUnknown } }),
    ...(safety === undefined ? {} : { safety: { ...settings.safety, ...safety } }),
  };
}

/** Scenes that nobody has written yet keep their lengths: those were agreed on with the model of then. */
function assertWritable({ state }: Draft, durations: readonly number[]): void {
  const longest = Math.max(...durations);
  const over = unwrittenLengths(state).filter((seconds) => seconds > longest);
  if (over.length > 0) {
    const issue = `models.video: scenes of ${over.join(', ')} s are still to be written; the model makes at most ${longest} s`;
    throw new InvalidSettingsError({ issues: [issue] });
  }
}

function changedBody(draft: Draft, patch: Patch): EventBodies['settings.changed'] {
  const { state } = draft;
  const own = plainPart(state, patch);
  if (!NEGOTIATED.some((name) => patch[name] !== undefined)) return { settings: own };
  const { settings, film, warnings } = agreed(draft, patch);
  assertWritable(draft, film.durations);
  const { models, audio, references } = settings;
  const clipDuration = nearestLength(film.durations, patch.clipDuration ?? state.settings.clipDuration);
  return { settings: { ...own, models, audio, references, clipDuration }, film, warnings };
}

/** What of the settings is really different. */
function differing(state: ProjectState, body: EventBodies['settings.changed']): EventBodies['settings.changed'] | null {
  const same = (name: string, value: unknown): boolean =>
    JSON.stringify(value) === JSON.stringify(state.settings[name as keyof Settings]);
  const settings = Object.fromEntries(
    Object.entries(plain(body.settings)).filter(([name, value]) => !same(name, value)),
  );
  return Object.keys(settings).length === 0 ? null : { ...body, settings };
}

/** A scene that is longer than the clips of another model is shortened, unless its clip stays. */
function shortenScenes(draft: Draft, stays: (sceneId: string) => boolean): void {
  const { state } = draft;
  const seconds = Math.max(...state.film.durations);
  for (const record of state.scenes) {
    const { scene } = record;
    if (scene.seconds > seconds && !stays(scene.id) && ownClip(state, record) === null)
      draft.add({ type: 'scene.edited', body: { sceneId: scene.id, words: { seconds } } });
  }
}

/** Keeps what is made and would be made anew with the other settings. */
function keepAll(draft: Draft, before: ReadonlyMap<string, SceneParts>): void {
  const after = scenePartsOf(draft.state);
  const steps = new Set(planSteps(draft.state).map(({ id }) => id));
  for (const { scene } of draft.state.scenes) {
    const [was, is] = [before.get(scene.id), after.get(scene.id)];
    const differs = (part: keyof SceneParts): Artifact | null =>
      was?.[part] && was[part].asset.digest !== is?.[part]?.asset.digest ? was[part] : null;
    for (const part of ['start', 'end'] as const) {
      const frame = steps.has(stepIdOf(scene.id, part)) ? differs(part) : null;
      if (frame !== null) draft.add(keepEvent(scene.id, part, frame));
    }
    const clip = differs('clip');
    const end = steps.has(stepIdOf(scene.id, 'end')) ? (was?.end ?? null) : null;
    if (clip !== null)
      draft.add(keepEvent(scene.id, 'clip', clip, { start: was?.start ?? null, end, seconds: scene.seconds }));
  }
}

/** Changes settings, as far as the models agree. Throws `UnknownModelError`. */
export function changeSettings(draft: Draft, { apply, ...patch }: SettingsChange): void {
  try {
    const most = patch.maxScenes ?? Infinity;
    const planned = plannedScenes(draft.state);
    if (planned > most) draft.refuse(`settings.maxScenes: the film has ${planned} scenes, ${most} would be allowed`);
    const body = differing(draft.state, changedBody(draft, patch));
    if (body === null) return;
    const before = scenePartsOf(draft.state);
    const missing = apply === 'missing';
    draft.add({ type: 'settings.changed', body });
    shortenScenes(draft, (id) => missing && before.get(id)?.clip !== null);
    if (!missing) return;
    const { length } = draft.events;
    keepAll(draft, before);
    if (body.settings.ratio !== undefined && draft.events.length > length)
      draft.refuse(
        `settings.ratio: a film has one ratio, and what apply: 'missing' would keep has ${draft.before.settings.ratio}; leave apply out, so that all is made anew`,
      );
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    for (const issue of error.details['issues'] as string[]) draft.refuse(`settings.${issue}`);
  }
}
