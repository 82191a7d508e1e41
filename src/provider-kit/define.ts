import { InvalidSettingsError, UnknownModelError } from '../errors/index.ts';
import type {
  CallOptions,
  CallRef,
  CancelOutcome,
  ClipRequest,
  Found,
  ImageCapabilities,
  ImageModel,
  ImageRequest,
  Model,
  ModelEntry,
  ModelLimits,
  ModelTimes,
  OperationHandle,
  OperationStatus,
  Provider,
  Rate,
  Reply,
  TextCapabilities,
  TextModel,
  TextRequest,
  VideoCapabilities,
  VideoModel,
} from '../spec/index.ts';

/** Fields common to all definitions. Times in milliseconds; see `ModelTimes` for defaults. */
export interface DefinitionBase {
  readonly price?: Rate | readonly Rate[];
  readonly times?: Partial<ModelTimes>;
  /** @default 4 at once */
  readonly limits?: ModelLimits;
  readonly stage?: 'preview' | 'stable' | 'retired';
  readonly idempotent?: boolean;
  readonly lookUp?: (call: CallRef, options: CallOptions) => Promise<Found | undefined>;
}

/** A text model in one literal. */
export interface TextDefinition extends DefinitionBase, TextCapabilities {
  generate(request: TextRequest, call: CallOptions): Promise<Reply>;
}

/** An image model in one literal. */
export interface ImageDefinition extends DefinitionBase, ImageCapabilities {
  generate(request: ImageRequest, call: CallOptions): Promise<Reply>;
}

/** A video model in one literal; `H` is the shape of its handle. */
export interface VideoDefinition<H extends OperationHandle> extends DefinitionBase, VideoCapabilities {
  start(
    request: ClipRequest,
    call: CallOptions,
  ): Promise<{ readonly handle: H } | { readonly finished: OperationStatus }>;
  check(handle: H, call: CallOptions): Promise<OperationStatus>;
  cancel?(handle: H, call: CallOptions): Promise<CancelOutcome>;
}

/** A model with its entry in the catalogue, still without an id. */
export interface Defined {
  readonly entry: (id: string) => ModelEntry;
  readonly model: Model;
}

const TIMES: ModelTimes = {
  requestDeadlineMs: 60_000,
  submitWithinMs: 30_000,
  typicalMs: 60_000,
  deadlineMs: 1_200_000,
  pollMs: 2_000,
};

function base(
  definition: DefinitionBase,
  times: Partial<ModelTimes> = {},
): Omit<Extract<ModelEntry, { kind: 'text' }>, 'id' | 'kind' | 'can'> {
  const { price = [], limits = { concurrency: 4 }, stage } = definition;
  return {
    rates: Array.isArray(price) ? (price as readonly Rate[]) : [price as Rate],
    limits,
    times: { ...TIMES, ...times, ...definition.times },
    ...(stage === undefined ? {} : { stage }),
  };
}

function found({ idempotent, lookUp }: DefinitionBase): Pick<TextModel, 'specVersion' | 'idempotent' | 'lookUp'> {
  return {
    specVersion: 1,
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(lookUp === undefined ? {} : { lookUp }),
  };
}

/** The capabilities of a definition, as catalogue data. */
function withoutFunctions<T extends object>(definition: T): T {
  return Object.fromEntries(
    Object.entries(definition).filter(([key, value]) => typeof value !== 'function' && !NOT_CAPABILITIES.includes(key)),
  ) as T;
}

const NOT_CAPABILITIES = ['price', 'times', 'limits', 'stage', 'idempotent'];

/** Defines a text model. */
export function textModel(definition: TextDefinition): Defined {
  const { maxOutputTokens } = definition;
  const model: TextModel = {
    kind: 'text',
    ...found(definition),
    generate: (request, call) => definition.generate(request, call),
  };
  return { model, entry: (id) => ({ id, kind: 'text', can: { maxOutputTokens }, ...base(definition) }) };
}

/** Defines an image model. */
export function imageModel(definition: ImageDefinition): Defined {
  const model: ImageModel = {
    kind: 'image',
    ...found(definition),
    generate: (request, call) => definition.generate(request, call),
  };
  return { model, entry: (id) => ({ id, kind: 'image', can: withoutFunctions(definition), ...base(definition) }) };
}

/** Defines a video model. Throws `InvalidSettingsError` for lengths that are not positive and ascending. */
export function videoModel<H extends OperationHandle>(definition: VideoDefinition<H>): Defined {
  const { durations } = definition;
  if (durations.length === 0 || durations.some((each, index) => !(each > (durations[index - 1] ?? 0)))) {
    throw new InvalidSettingsError({
      issues: [`durations: expected positive seconds in ascending order, got ${durations.join(', ')}`],
    });
  }
  const model: VideoModel = {
    kind: 'video',
    ...found(definition),
    start: (request, call) => definition.start(request, call),
    check: (handle, call) => definition.check(handle as H, call),
    ...(definition.cancel === undefined
      ? {}
      : { cancel: (handle, call) => definition.cancel?.(handle as H, call) ?? unsupported() }),
  };
  return { model, entry: (id) => ({ id, kind: 'video', can: withoutFunctions(definition), ...base(definition) }) };
}

function unsupported(): Promise<CancelOutcome> {
  return Promise.resolve({ outcome: 'unsupported', charged: 'unknown' });
}

/** A provider in one literal: id, hosts of its results, models by id. */
export interface ProviderDefinition {
  readonly id: string;
  readonly downloads?: readonly string[];
  readonly text?: Readonly<Record<string, Defined>>;
  readonly image?: Readonly<Record<string, Defined>>;
  readonly video?: Readonly<Record<string, Defined>>;
}

/** Builds a provider. Throws `InvalidSettingsError` for an id with a colon or white space. */
export function defineProvider({ id, downloads = [], text, image, video }: ProviderDefinition): Provider {
  if (!/^[^:\s]+$/.test(id))
    throw new InvalidSettingsError({ issues: [`id: expected a word without a colon, got ${JSON.stringify(id)}`] });
  const models = Object.entries({ ...text, ...image, ...video });
  const byId = new Map(models);
  return {
    specVersion: 1,
    id,
    downloads,
    catalogue: models.map(([name, { entry }]) => entry(name)),
    model: (name) => {
      const defined = byId.get(name);
      if (defined === undefined) throw new UnknownModelError({ model: `${id}:${name}`, nearest: null });
      return defined.model;
    },
  };
}
