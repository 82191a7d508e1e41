import { InvalidSettingsError, UnknownModelError } from '../errors/index.ts';
import type { ModelEntry, ModelId } from '../spec/index.ts';
import { itemAt } from './item-at.ts';
import { chooseLengths, nearestLength } from './lengths.ts';
import { transitionIssues } from './settings-schema.ts';
import type {
  FilmFormat,
  ModelChoice,
  OnUnknown,
  ProjectSettings,
  Settings,
  StoredReference,
  Warning,
} from './settings.ts';

/** The models that a pipeline's providers offer, by full id, in the order of the providers. */
export type Catalogue = ReadonlyMap<ModelId, ModelEntry>;

type Kind = ModelEntry['kind'];

/** What `negotiate` agreed on. */
export interface Negotiated {
  readonly settings: Settings;
  readonly film: FilmFormat;
  readonly lengths: readonly number[];
  readonly warnings: readonly Warning[];
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = itemAt(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(itemAt(row, j) + 1, itemAt(next, j - 1) + 1, replaced));
    }
    row = next;
  }
  return itemAt(row, -1);
}

/** The listed model id most like a misspelt one. */
export function nearestModel(catalogue: Catalogue, id: string): ModelId | null {
  const shortened = id.slice(0, 100);
  const near = [...catalogue.keys()]
    .map((known) => ({ known, far: distance(known, shortened) }))
    .sort((a, b) => a.far - b.far);
  return near[0]?.known ?? null;
}

function chosen(catalogue: Catalogue, kind: Kind, choice: ModelChoice | undefined): readonly ModelId[] {
  const wanted = choice === undefined ? [] : typeof choice === 'string' ? [choice] : choice;
  for (const id of wanted) {
    const entry = catalogue.get(id);
    if (entry === undefined) throw new UnknownModelError({ model: id, nearest: nearestModel(catalogue, id) });
    if (entry.kind !== kind)
      throw new InvalidSettingsError({ issues: [`models.${kind}: ${id} is a model for ${entry.kind}`] });
  }
  if (wanted.length > 0) return wanted;
  const first = [...catalogue].find(([, entry]) => entry.kind === kind && entry.stage !== 'retired');
  if (first === undefined)
    throw new InvalidSettingsError({
      issues: [`models.${kind}: no provider lists a ${kind} model; give one to the Pipeline`],
    });
  return [first[0]];
}

function entryOf<K extends Kind>(
  catalogue: Catalogue,
  _kind: K,
  ids: readonly ModelId[],
): Extract<ModelEntry, { kind: K }> {
  const entry = catalogue.get(ids[0] as ModelId);
  return entry as Extract<ModelEntry, { kind: K }>;
}

const SIZES = { '16:9': { width: 1280, height: 720 }, '9:16': { width: 720, height: 1280 } } as const;
const FPS = 24;
const MAX_SCENES = 50;

/** Never one that contradicts the style. */
function defaultNegative(style: string): string {
  const base = 'watermark, logo, blurry, deformed';
  return /photo|real|cinematic/i.test(style) ? base : `photorealistic, photograph, ${base}`;
}

function conditioner(id: ModelId, entry: Extract<ModelEntry, { kind: 'image' }>): ModelId {
  const partner = entry.can.conditioningPartner;
  if ((entry.can.references ?? 0) > 0 || partner === undefined) return id;
  return `${id.slice(0, id.indexOf(':'))}:${partner}`;
}

interface Chosen {
  readonly models: Settings['models'];
  readonly image: Extract<ModelEntry, { kind: 'image' }>;
  readonly video: Extract<ModelEntry, { kind: 'video' }>;
}

function faultsOf(wish: ProjectSettings, { models, image, video }: Chosen): string[] {
  const ratio = wish.ratio ?? '16:9';
  const issues: string[] = [];
  if (!video.can.ratios.includes(ratio))
    issues.push(`ratio: ${models.video[0]} makes ${video.can.ratios.join(', ')}, not ${ratio}`);
  if (!image.can.ratios.includes(ratio))
    issues.push(`ratio: ${models.image[0]} makes ${image.can.ratios.join(', ')}, not ${ratio}`);
  if (wish.audio === true && video.can.audio !== true)
    issues.push(`audio: ${models.video[0]} has no sound; leave audio out or choose another video model`);
  if ((wish.references?.length ?? 0) > (image.can.references ?? 0)) {
    issues.push(
      `references: ${models.image[0]} takes ${image.can.references ?? 0} pictures, got ${wish.references?.length}`,
    );
  }
  return issues;
}

function lengthsFor(wish: ProjectSettings, durations: readonly number[], clip: number): readonly number[] {
  const own = wish.storyboard?.scenes.length;
  if (own !== undefined && wish.duration === undefined) return Array.from({ length: own }, () => clip);
  const total = wish.duration ?? 24;
  const lengths = chooseLengths(
    total,
    durations,
    own === undefined ? clip : nearestLength(durations, total / Math.max(own, 1)),
  );
  if (own === undefined || own === lengths.length) return lengths;
  throw new InvalidSettingsError({
    issues: [`duration: ${own} scenes of ${durations.join(', ')} s can not make ${total} s; leave duration out`],
  });
}

function warningsFor(wish: ProjectSettings, clip: number, { models, video }: Chosen): Warning[] {
  const warnings: Warning[] = [];
  if (wish.clipDuration !== undefined && wish.clipDuration !== clip) {
    warnings.push({
      code: 'adapted',
      message: `clipDuration: ${models.video[0]} makes clips of ${video.can.durations.join(', ')} s; ${clip} s is used`,
    });
  }
  if (video.can.lastFrame !== true) {
    warnings.push({
      code: 'sequential',
      message: `${models.video[0]} takes no last frame: scenes of a chain are made one after another, from the clip before`,
    });
  }
  return warnings;
}

const UNKNOWN: Record<Kind, OnUnknown> = { text: 'resubmit', image: 'resubmit', video: 'ask' };

function filmFormat({ models, image, video }: Chosen, ratio: Settings['ratio']): FilmFormat {
  const seams = video.can.lastFrame === true ? 'frames' : 'from-clip';
  const conditionedBy = conditioner(models.image[0] as ModelId, image);
  return { ...SIZES[ratio], fps: FPS, seams, conditionedBy, durations: video.can.durations };
}

/** Lengths of the scenes, once everything that was wished for is known to be possible. */
function agreedLengths(wish: ProjectSettings, picked: Chosen, clip: number): readonly number[] {
  const issues = faultsOf(wish, picked);
  const lengths = issues.length > 0 ? [] : lengthsFor(wish, picked.video.can.durations, clip);
  const maxScenes = wish.maxScenes ?? MAX_SCENES;
  if (lengths.length > maxScenes) {
    issues.push(
      `maxScenes: ${lengths.length} scenes are needed, ${maxScenes} are allowed; shorten duration or raise maxScenes`,
    );
  }
  if (wish.transition !== undefined) issues.push(...transitionIssues(wish.transition, lengths));
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return lengths;
}

/** What can not be derived from wishes and catalogue, minted or stored by the caller. */
export interface GivenSettings {
  readonly seed: number;
  readonly references: readonly StoredReference[];
}

function complete(
  wish: ProjectSettings,
  { models, video }: Chosen,
  clip: number,
  lengths: readonly number[],
  given: GivenSettings,
): Settings {
  const style = wish.style ?? 'cinematic';
  return {
    prompt: wish.prompt,
    style,
    ratio: wish.ratio ?? '16:9',
    duration: lengths.reduce((sum, each) => sum + each, 0),
    clipDuration: clip,
    models,
    audio: wish.audio ?? video.can.audio ?? false,
    seed: wish.seed ?? given.seed,
    negativePrompt: wish.negativePrompt === '' ? null : (wish.negativePrompt ?? defaultNegative(style)),
    references: given.references,
    transition: wish.transition ?? { kind: 'cut', seconds: 0 },
    budget: wish.budget ?? null,
    maxScenes: wish.maxScenes ?? MAX_SCENES,
    maxCalls: wish.maxCalls ?? null,
    account: wish.account ?? null,
    labels: wish.labels ?? {},
    onUnknown: { ...UNKNOWN, ...wish.onUnknown },
  };
}

/** Brings wishes and capabilities together. Throws `InvalidSettingsError`, `UnknownModelError`. Pure. */
export function negotiate(wish: ProjectSettings, catalogue: Catalogue, given: GivenSettings): Negotiated {
  const models = {
    text: chosen(catalogue, 'text', wish.models?.text),
    image: chosen(catalogue, 'image', wish.models?.image),
    video: chosen(catalogue, 'video', wish.models?.video),
  };
  const picked: Chosen = {
    models,
    image: entryOf(catalogue, 'image', models.image),
    video: entryOf(catalogue, 'video', models.video),
  };
  const clip = nearestLength(picked.video.can.durations, wish.clipDuration ?? 6);
  const lengths = agreedLengths(wish, picked, clip);
  const settings = complete(wish, picked, clip, lengths, given);
  return { settings, film: filmFormat(picked, settings.ratio), lengths, warnings: warningsFor(wish, clip, picked) };
}
