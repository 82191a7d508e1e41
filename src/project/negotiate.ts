import { InvalidSettingsError } from '../errors/index.ts';
import type { ModelEntry, ModelId } from '../spec/index.ts';
import { type Catalogue, chooseModels, retirementWarnings } from './choose-models.ts';
import { chooseLengths, nearestLength, transitionIssue } from './lengths.ts';
import { DEFAULT_REMEDIES } from './remedies.ts';
import type {
  FilmFormat,
  OnUnknown,
  ProjectSettings,
  Resolution,
  Settings,
  StoredReference,
  Warning,
} from './settings.ts';
import { standInsFor } from './stand-ins.ts';

type Kind = ModelEntry['kind'];

/** What `negotiate` agreed on. */
export interface Negotiated {
  readonly settings: Settings;
  readonly film: FilmFormat;
  readonly lengths: readonly number[];
  readonly warnings: readonly Warning[];
}

function entryOf<K extends Kind>(
  catalogue: Catalogue,
  _kind: K,
  ids: readonly ModelId[],
): Extract<ModelEntry, { kind: K }> {
  const entry = catalogue.get(ids[0] as ModelId);
  return entry as Extract<ModelEntry, { kind: K }>;
}

/** Pixels of the shorter and the longer side. */
const SIDES: Readonly<Record<Resolution, readonly [number, number]>> = {
  '720p': [720, 1280],
  '1080p': [1080, 1920],
  '4k': [2160, 3840],
};
const FPS = 24;
const MAX_SCENES = 50;

/** Never one that contradicts the style. */
export function defaultNegative(style: string): string {
  const base = 'watermark, logo, blurry, deformed';
  return /photo|real|cinematic/i.test(style) ? base : `photorealistic, photograph, ${base}`;
}

/** The model that draws from a picture: the image model itself, its partner, or none. */
function conditioner(id: ModelId, { can }: Extract<ModelEntry, { kind: 'image' }>): ModelId | null {
  if ((can.references ?? 0) > 0) return id;
  return can.conditioningPartner === undefined ? null : `${id.slice(0, id.indexOf(':'))}:${can.conditioningPartner}`;
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
  const resolution = wish.resolution ?? '720p';
  const { resolutions = ['720p'] } = video.can;
  if (!resolutions.includes(resolution))
    issues.push(`resolution: ${models.video[0]} makes ${resolutions.join(', ')}, not ${resolution}`);
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

function warningsFor(wish: ProjectSettings, clip: number, { models, image, video }: Chosen): Warning[] {
  const warnings: Warning[] = [];
  const deaf = [
    ...(image.can.seed === true ? [] : models.image.slice(0, 1)),
    ...(video.can.seed === true ? [] : models.video.slice(0, 1)),
  ];
  if (wish.seed !== undefined && deaf.length > 0)
    warnings.push({ code: 'unsupported', message: `seed: ${deaf.join(' and ')} take no seed` });
  if (wish.clipDuration !== undefined && wish.clipDuration !== clip) {
    warnings.push({
      code: 'adapted',
      message: `clipDuration: ${models.video[0]} makes clips of ${video.can.durations.join(', ')} s; ${clip} s is used`,
    });
  }
  if (conditioner(models.image[0] as ModelId, image) === null && video.can.lastFrame === true)
    warnings.push({
      code: 'unconditioned',
      message: `${models.image[0]} takes no picture: the last frame of a scene is drawn from words alone, not from its first`,
    });
  if (video.can.lastFrame !== true) {
    warnings.push({
      code: 'sequential',
      message: `${models.video[0]} takes no last frame: scenes of a chain are made one after another, from the clip before`,
    });
  }
  return warnings;
}

const UNKNOWN: Record<Kind, OnUnknown> = { text: 'resubmit', image: 'resubmit', video: 'ask' };

function filmFormat(catalogue: Catalogue, { models, image, video }: Chosen, settings: Settings): FilmFormat {
  const { ratio, resolution } = settings;
  const [shorter, longer] = SIDES[resolution];
  const size = ratio === '16:9' ? { width: longer, height: shorter } : { width: shorter, height: longer };
  const clipReferences = video.can.references?.withFrames === true;
  const seams = video.can.lastFrame === true ? 'frames' : 'from-clip';
  const conditionedBy = conditioner(models.image[0] as ModelId, image);
  const standIns = standInsFor(catalogue, settings, conditionedBy !== null);
  const { durations } = video.can;
  return { ...size, fps: FPS, seams, conditionedBy, ...standIns, clipReferences, durations };
}

/** Lengths of the scenes, once everything that was wished for is known to be possible. */
function agreedLengths(wish: ProjectSettings, picked: Chosen, clip: number): readonly number[] {
  const issues = faultsOf(wish, picked);
  const lengths = issues.length > 0 ? [] : lengthsFor(wish, picked.video.can.durations, clip);
  const fade = wish.transition === undefined ? null : transitionIssue(wish.transition, lengths);
  if (fade !== null) issues.push(fade);
  const maxScenes = wish.maxScenes ?? MAX_SCENES;
  if (lengths.length > maxScenes) {
    issues.push(
      `maxScenes: ${lengths.length} scenes are needed, ${maxScenes} are allowed; shorten duration or raise maxScenes`,
    );
  }
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return lengths;
}

/** What can not be derived from wishes and catalogue, minted or stored by the caller. */
export interface GivenSettings {
  readonly seed: number;
  /** Now, ISO 8601. */
  readonly at: string;
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
    resolution: wish.resolution ?? '720p',
    duration: lengths.reduce((sum, each) => sum + each, 0),
    clipDuration: clip,
    models,
    audio: wish.audio ?? video.can.audio ?? false,
    seed: wish.seed ?? given.seed,
    negativePrompt: wish.negativePrompt === '' ? null : (wish.negativePrompt ?? defaultNegative(style)),
    references: given.references,
    transition: wish.transition ?? { kind: 'cut', seconds: 0 },
    takes: wish.takes ?? 1,
    budget: wish.budget ?? null,
    maxScenes: wish.maxScenes ?? MAX_SCENES,
    maxCalls: wish.maxCalls ?? null,
    account: wish.account ?? null,
    options: wish.options ?? {},
    labels: wish.labels ?? {},
    gates: wish.gates ?? [],
    onUnknown: { ...UNKNOWN, ...wish.onUnknown },
    safety: { remedies: DEFAULT_REMEDIES, onRefused: 'fail', ...wish.safety },
  };
}

/** Brings wishes and capabilities together. Throws `InvalidSettingsError`, `UnknownModelError`. Pure. */
export function negotiate(wish: ProjectSettings, catalogue: Catalogue, given: GivenSettings): Negotiated {
  const models = {
    text: chooseModels(catalogue, 'text', wish.models?.text, given.at),
    image: chooseModels(catalogue, 'image', wish.models?.image, given.at),
    video: chooseModels(catalogue, 'video', wish.models?.video, given.at),
  };
  return negotiateWith(models, wish, catalogue, given);
}

/** The same with models that are chosen, and listed. */
export function negotiateWith(
  models: Settings['models'],
  wish: ProjectSettings,
  catalogue: Catalogue,
  given: GivenSettings,
): Negotiated {
  const picked: Chosen = {
    models,
    image: entryOf(catalogue, 'image', models.image),
    video: entryOf(catalogue, 'video', models.video),
  };
  const clip = nearestLength(picked.video.can.durations, wish.clipDuration ?? 6);
  const lengths = agreedLengths(wish, picked, clip);
  const settings = complete(wish, picked, clip, lengths, given);
  const used = [models.text, models.image, models.video].flatMap((ids) => ids.slice(0, 1));
  const warnings = [...warningsFor(wish, clip, picked), ...retirementWarnings(catalogue, used, given.at)];
  return { settings, film: filmFormat(catalogue, picked, settings), lengths, warnings };
}
