import { UnknownModelError } from '../errors/index.ts';
import type { ModelEntry, ModelOptions, Provider } from '../spec/index.ts';
import type { Defined } from './define.ts';
import { refuse } from './validate.ts';

/** A provider in one literal: id, hosts of its results, models by id. */
export interface ProviderDefinition {
  /** Names the provider in model ids (`wan:wan-3`) for as long as projects live: letters, digits, `.`, `_` and `-`, at most 64. */
  readonly id: string;
  /** Where results may be downloaded from: hosts (`storage.example.com`, https only) or origins (`http://gpu:8000`). @default nowhere */
  readonly downloads?: readonly string[];
  /** Models of `textModel`, by id. */
  readonly text?: Readonly<Record<string, Defined>>;
  /** Models of `imageModel`, by id. */
  readonly image?: Readonly<Record<string, Defined>>;
  /** Models of `videoModel`, by id. */
  readonly video?: Readonly<Record<string, Defined>>;
  /** What is wrong with options that a user gave for this provider (`settings.options.<id>`). @default any option is refused */
  readonly optionIssues?: (options: ModelOptions) => readonly string[];
  /** Models that other options would offer, by id, with a sentence that says which options; it is told to those who ask for one. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

const KINDS = ['text', 'image', 'video'] as const;
const FIELDS = ['id', 'downloads', ...KINDS, 'optionIssues', 'elsewhere'];
const HOST = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function isPlace(download: string): boolean {
  if (!download.includes('://')) return HOST.test(download);
  const url = URL.canParse(download) ? new URL(download) : null;
  const bare = url !== null && (download === url.origin || download === `${url.origin}/`);
  return bare && (url.protocol === 'https:' || url.protocol === 'http:');
}

function downloadIssues(downloads: readonly string[]): string[] {
  return downloads
    .filter((each) => !isPlace(each))
    .map((each) => {
      const shown = JSON.stringify(each.slice(0, 80).replace(/\/\/.*@/, '//…@'));
      return `downloads: expected a host (storage.example.com) or an origin (http://gpu:8000), in lower case, got ${shown}`;
    });
}

interface Listed {
  readonly at: string;
  readonly name: string;
  readonly section: (typeof KINDS)[number];
  readonly defined: Defined;
}

function modelsOf(definition: ProviderDefinition): Listed[] {
  return KINDS.flatMap((section) =>
    Object.entries(definition[section] ?? {}).map(([name, defined]) => ({
      at: `${section}.${name}`,
      name,
      section,
      defined,
    })),
  );
}

function modelIssues(models: readonly Listed[]): string[] {
  return models.flatMap(({ at, name, section, defined }, index) => {
    const twin = models.slice(0, index).find((other) => other.name === name);
    const { kind } = defined.model;
    return [
      ...(/^\S{1,200}$/.test(name) ? [] : [`${at}: expected an id without white space`]),
      ...(twin === undefined ? [] : [`${at}: the id is taken (${twin.section} model)`]),
      ...(kind === section ? [] : [`${at}: not a model of this kind (${kind} model)`]),
    ];
  });
}

/** What entries say of each other. */
function crossIssues(provider: string, catalogue: readonly ModelEntry[]): string[] {
  const inHouse = (id: string): ModelEntry | undefined => catalogue.find((entry) => entry.id === id);
  return catalogue.flatMap((entry) => {
    const issues: string[] = [];
    const { replacement } = entry;
    const successor = replacement?.startsWith(`${provider}:`) ? replacement.slice(provider.length + 1) : null;
    if (successor !== null && !isLive(inHouse(successor)))
      issues.push(`${entry.kind}.${entry.id}.replacement: ${replacement} is not listed, or retired itself`);
    const partner = entry.kind === 'image' ? entry.can.conditioningPartner : undefined;
    const drawn = partner === undefined ? undefined : inHouse(partner);
    if (partner !== undefined && !(drawn?.kind === 'image' && (drawn.can.references ?? 0) > 0))
      issues.push(`image.${entry.id}.conditioningPartner: ${partner} is no listed image model that takes pictures`);
    return issues;
  });
}

function isLive(entry: ModelEntry | undefined): boolean {
  return entry !== undefined && entry.stage !== 'retired';
}

/**
 * Builds a provider; inert, nothing is opened or read. Throws `InvalidSettingsError` for an id that is no word, downloads that are neither host
 * nor origin, models under a wrong kind or with the id of another, and a replacement or conditioning partner that is not there.
 */
export function defineProvider(definition: ProviderDefinition): Provider {
  const { id, downloads = [], optionIssues, elsewhere } = definition;
  const models = modelsOf(definition);
  const strays = Object.keys(definition).filter((field) => !FIELDS.includes(field));
  const named = /^[a-z0-9][\w.-]{0,63}$/i.test(id);
  refuse([
    ...(named ? [] : [`id: expected letters, digits, ., _ and -, got ${JSON.stringify(id.slice(0, 80))}`]),
    ...strays.map((field) => `${field}: unknown; known are ${FIELDS.join(', ')}`),
    ...downloadIssues(downloads),
    ...modelIssues(models),
  ]);
  const catalogue = models.map(({ name, defined }) => defined.entry(name));
  refuse(crossIssues(id, catalogue));
  const byId = new Map(models.map(({ name, defined }) => [name, defined.model]));
  return {
    specVersion: 1,
    id,
    downloads: [...downloads],
    catalogue,
    ...(optionIssues === undefined ? {} : { optionIssues }),
    ...(elsewhere === undefined ? {} : { elsewhere }),
    model: (name) => {
      const model = byId.get(name);
      if (model === undefined) throw new UnknownModelError({ model: `${id}:${name}`, nearest: null });
      return model;
    },
  };
}
