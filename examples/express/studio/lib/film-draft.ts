import type { GateName, MicroUsd, Ratio, Resolution } from 'vidpipe';
import type { ClientSettings, Model } from 'vidpipe/client';
import { microUsdOf } from './format.ts';

/** The form of a new film, as it is typed. An empty text leaves the choice to the library. */
export interface FilmDraft {
  readonly prompt: string;
  readonly style: string;
  readonly text: string;
  readonly image: string;
  readonly video: string;
  readonly ratio: string;
  readonly resolution: string;
  readonly clip: string;
  readonly length: string;
  readonly audio: boolean;
  readonly negative: string;
  readonly fade: string;
  readonly budget: string;
  readonly gates: readonly GateName[];
  /** The same for every try to create this one film. */
  readonly key: string;
}

/** An empty form. */
export const newDraft = (): FilmDraft => ({
  prompt: '',
  style: '',
  text: '',
  image: '',
  video: '',
  ratio: '',
  resolution: '',
  clip: '',
  length: '24',
  audio: true,
  negative: '',
  fade: '',
  budget: '',
  gates: [],
  key: crypto.randomUUID(),
});

type OfKind<K extends Model['kind']> = Extract<Model, { readonly kind: K }>;

/** What can be chosen with these models: nothing here is known but by the catalogue. */
export interface Choices {
  readonly texts: readonly Model[];
  readonly images: readonly Model[];
  readonly videos: readonly Model[];
  readonly ratios: readonly string[];
  readonly resolutions: readonly string[];
  readonly durations: readonly number[];
  readonly canSound: boolean;
  readonly canNegative: boolean;
}

function ofKind<K extends Model['kind']>(models: readonly Model[], kind: K): OfKind<K>[] {
  return models.filter((model): model is OfKind<K> => model.kind === kind && model.stage !== 'retired');
}

/** The chosen model, or the one that is used without a choice. */
const chosen = <T extends Model>(models: readonly T[], id: string): T | undefined =>
  models.find((model) => model.id === id) ?? models[0];

/** What the catalogue offers for the models of a form. */
export function choicesOf(models: readonly Model[], { image, video }: Pick<FilmDraft, 'image' | 'video'>): Choices {
  const [texts, images, videos] = [ofKind(models, 'text'), ofKind(models, 'image'), ofKind(models, 'video')];
  const still = chosen(images, image)?.can;
  const film = chosen(videos, video)?.can;
  return {
    texts,
    images,
    videos,
    ratios: film?.ratios.filter((ratio) => still?.ratios.includes(ratio) ?? true) ?? [],
    resolutions: film?.resolutions ?? [],
    durations: film?.durations ?? [],
    canSound: film?.audio === true,
    canNegative: film?.negativePrompt === true || still?.negativePrompt === true,
  };
}

const ifOffered = (value: string, offered: readonly (string | number)[]): string =>
  offered.map(String).includes(value) ? value : '';

/** Settings of a form, with what the chosen models do not offer left out. */
export function settingsOf(draft: FilmDraft, choices: Choices): ClientSettings {
  const ratio = ifOffered(draft.ratio, choices.ratios);
  const resolution = ifOffered(draft.resolution, choices.resolutions);
  const clip = ifOffered(draft.clip, choices.durations);
  const budget = microUsdOf(draft.budget);
  const { text, image, video } = draft;
  const models = Object.fromEntries(Object.entries({ text, image, video }).filter(([, id]) => id !== ''));
  return {
    prompt: draft.prompt.trim(),
    ...(draft.style.trim() === '' ? {} : { style: draft.style.trim() }),
    ...(Object.keys(models).length === 0 ? {} : { models }),
    ...(ratio === '' ? {} : { ratio: ratio as Ratio }),
    ...(resolution === '' ? {} : { resolution: resolution as Resolution }),
    ...(clip === '' ? {} : { clipDuration: Number(clip) }),
    ...(draft.length.trim() === '' ? {} : { duration: Number(draft.length) }),
    ...(choices.canSound ? { audio: draft.audio } : {}),
    ...(choices.canNegative && draft.negative.trim() !== '' ? { negativePrompt: draft.negative.trim() } : {}),
    ...(Number(draft.fade) > 0 ? { transition: { kind: 'fade', seconds: Number(draft.fade) } } : {}),
    ...(budget === null ? {} : { budget: budget as MicroUsd }),
    ...(draft.gates.length === 0 ? {} : { gates: draft.gates }),
  };
}
