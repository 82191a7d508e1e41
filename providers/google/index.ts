import { InvalidSettingsError } from 'vidpipe';
import {
  type Defined,
  type DefinitionBase,
  defineProvider,
  imageModel,
  type Provider,
  textModel,
  videoModel,
} from 'vidpipe/provider';
import { type GoogleModel, googleModels, type Surface, type SurfaceName } from './catalogue/index.ts';
import { connect, type Connection } from './client.ts';
import type { ModelContext } from './context.ts';
import { drawGemini } from './gemini-image.ts';
import { writeText } from './gemini-text.ts';
import { drawImagen } from './imagen.ts';
import { optionIssues } from './model-options.ts';
import { filmOmni } from './omni.ts';
import { changedModels, checkOptions, type GoogleOptions } from './options.ts';
import { filmVeo } from './veo.ts';

export {
  type GoogleModel,
  type GoogleModelBase,
  googleModels,
  type GoogleModels,
  type Surface,
  type SurfaceName,
} from './catalogue/index.ts';
export type { GoogleModelOptions } from './model-options.ts';
export type { GoogleOptions, VertexOptions } from './options.ts';

/** Where a model is asked: Vertex before the Developer API. */
function surfaceOf({ surfaces }: GoogleModel, { vertex, apiKey }: GoogleOptions): [SurfaceName, Surface] | null {
  if (vertex !== undefined && surfaces.vertex !== undefined) return ['vertex', surfaces.vertex];
  const keyed = vertex === undefined || apiKey !== undefined;
  return keyed && surfaces.developer !== undefined ? ['developer', surfaces.developer] : null;
}

function baseOf(
  { rates, times, limits }: GoogleModel,
  { stage, launched, retires, replacement }: Surface,
): DefinitionBase {
  const fields = { times, limits, launched, retires, replacement };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { price: rates, stage, ...(Object.fromEntries(given) as Omit<DefinitionBase, 'price' | 'stage'>) };
}

function defined(context: ModelContext, base: DefinitionBase): Defined {
  const { model } = context;
  if (model.kind === 'text')
    return textModel({
      ...base,
      ...model.can,
      generate: (request, call) => writeText({ ...context, model }, request, call),
    });
  if (model.kind === 'image') {
    const draw = model.api === 'imagen' ? drawImagen : drawGemini;
    return imageModel({
      ...base,
      ...model.can,
      generate: (request, call) => draw({ ...context, model }, request, call),
    });
  }
  const fields = { ...base, ...model.can };
  const own = { ...context, model };
  return model.api === 'omni'
    ? videoModel({ ...fields, ...filmOmni(own) })
    : videoModel({ ...fields, ...filmVeo(own) });
}

/** Tells which model an issue is about. */
function named<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    const issues = error.details['issues'] as readonly string[];
    throw new InvalidSettingsError({ issues: issues.map((issue) => `models.${name}: ${issue}`) }, { cause: error });
  }
}

function modelsOf(options: GoogleOptions, connection: Connection): [GoogleModel['kind'], string, Defined][] {
  const models = Object.entries(changedModels(googleModels, options.models));
  return models.flatMap(([name, model]) => {
    const [surface, at] = surfaceOf(model, options) ?? [null, null];
    if (surface === null) return [];
    const vertex = surface === 'vertex' ? (options.vertex ?? {}) : {};
    const regional = at.location === 'regional' ? (vertex.location ?? 'us-central1') : 'global';
    const target = { surface, location: surface === 'vertex' ? regional : '', model: at.id ?? name };
    const made = named(name, () => defined({ connection, target, model, vertex }, baseOf(model, at)));
    return [[model.kind, name, made] as [GoogleModel['kind'], string, Defined]];
  });
}

/** Models of the other service, with what offers them. */
function elsewhereOf(options: GoogleOptions): Record<string, string> {
  const absent = Object.entries(changedModels(googleModels, options.models)).filter(
    ([, model]) => surfaceOf(model, options) === null,
  );
  return Object.fromEntries(
    absent.map(([name, { surfaces }]) => [
      name,
      surfaces.vertex === undefined
        ? 'The Gemini Developer API has it: google({ apiKey }).'
        : 'Vertex has it: google({ vertex: { project } }).',
    ]),
  );
}

const hostsOf = ({ baseUrls = {} }: GoogleOptions): string[] => [
  'storage.googleapis.com',
  'generativelanguage.googleapis.com',
  ...Object.values(baseUrls).map((url) => new URL(url).origin),
];

/**
 * Google's models: Gemini writes, Gemini and Imagen draw, Veo and Omni film. On Vertex, with credentials or a key, on the Gemini Developer API
 * with a key, or on both. Inert until first use: no environment, file, network or SDK before. Needs the packages `@google/genai` and
 * `google-auth-library`. Throws `InvalidSettingsError` that names every option that is unknown or wrong.
 */
export function google(options: GoogleOptions = {}): Provider {
  checkOptions(options);
  const models = modelsOf(options, connect(options));
  const of = (kind: GoogleModel['kind']): Record<string, Defined> =>
    Object.fromEntries(models.filter(([each]) => each === kind).map(([, name, made]) => [name, made]));
  return defineProvider({
    id: 'google',
    downloads: [...new Set(hostsOf(options))],
    text: of('text'),
    image: of('image'),
    video: of('video'),
    elsewhere: elsewhereOf(options),
    optionIssues: (given) => optionIssues(given, options.vertex !== undefined),
  });
}
