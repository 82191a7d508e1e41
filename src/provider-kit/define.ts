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
  ModelId,
  ModelLimits,
  ModelTimes,
  OperationHandle,
  OperationStatus,
  Rate,
  Reply,
  TextCapabilities,
  TextModel,
  TextRequest,
  VideoCapabilities,
  VideoModel,
} from '../spec/index.ts';
import { clipIssues, guarded, imageIssues, submission, textIssues } from './call.ts';
import { capabilitiesOf, definitionIssues, refuse } from './validate.ts';

/**
 * Fields common to all definitions. Times in milliseconds; see `ModelTimes` for defaults. The functions get a `fetch` that throws `ProviderError`
 * and ends with the call's signal.
 */
export interface DefinitionBase {
  /** Rates that the model is billed by. @default none: the price is unknown, and refused under a budget */
  readonly price?: Rate | readonly Rate[];
  /** @default see `ModelTimes` */
  readonly times?: Partial<ModelTimes>;
  /** @default 4 at once */
  readonly limits?: ModelLimits;
  /** A retired model names its `replacement`, and is refused. */
  readonly stage?: 'preview' | 'stable' | 'retired';
  /** Since when it is offered, ISO 8601. */
  readonly launched?: string;
  /** From when on it is refused, ISO 8601. */
  readonly retires?: string;
  /** Full id of the model to use instead; one that retires names it. */
  readonly replacement?: ModelId;
  /** The same callId may be sent again and is billed once. @default false */
  readonly idempotent?: boolean;
  /** Finds a lost submission: `undefined` only when the provider certainly never accepted it, a throw when it can not tell. */
  readonly lookUp?: (call: CallRef, options: CallOptions) => Promise<Found | undefined>;
}

/** A text model in one literal. */
export interface TextDefinition extends DefinitionBase, TextCapabilities {
  /** One billable request for JSON. Throws `ProviderError` when the outcome is a failed submission. */
  generate(request: TextRequest, call: CallOptions): Promise<Reply>;
}

/** An image model in one literal. */
export interface ImageDefinition extends DefinitionBase, ImageCapabilities {
  /** One billable request for one picture. Throws `ProviderError` when the outcome is a failed submission. */
  generate(request: ImageRequest, call: CallOptions): Promise<Reply>;
}

/** A video model in one literal; `H` is the shape of its handle. */
export interface VideoDefinition<H extends OperationHandle> extends DefinitionBase, VideoCapabilities {
  /** One billable submission, answered by a handle (JSON) or by what is finished already. Throws `ProviderError` when it failed. */
  start(request: ClipRequest, call: CallOptions): Promise<{ readonly handle: H } | { readonly finished: Reply }>;
  /** One look at the job. A throw is a failed look, and is repeated. */
  check(handle: H, call: CallOptions): Promise<OperationStatus>;
  /** Stops the job upstream. Without it a stopped job runs on, and `Pipeline.collect` fetches it. */
  cancel?(handle: H, call: CallOptions): Promise<CancelOutcome>;
}

/** A model with its entry in the catalogue, still without an id. */
export interface Defined {
  /** Its entry under the id that the provider gives it. */
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

type EntryBase = Omit<Extract<ModelEntry, { kind: 'text' }>, 'id' | 'kind' | 'can'>;

/** A definition may leave a field out or hold it as `undefined`; the catalogue has it or not. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

function base({ price = [], limits = { concurrency: 4 }, times = {}, ...rest }: DefinitionBase): EntryBase {
  const { stage, launched, retires, replacement } = rest;
  const rates = Array.isArray(price) ? (price as readonly Rate[]) : [price as Rate];
  return structuredClone({
    rates,
    limits: present(limits),
    times: { ...TIMES, ...present(times) },
    ...present({ stage, launched, retires, replacement }),
  });
}

function common({ idempotent, lookUp }: DefinitionBase): Pick<TextModel, 'specVersion' | 'idempotent' | 'lookUp'> {
  const found: TextModel['lookUp'] = lookUp && (async (call, options) => lookUp(call, guarded(options)));
  return {
    specVersion: 1,
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(found === undefined ? {} : { lookUp: found }),
  };
}

/** Defines a text model. Throws `InvalidSettingsError` that names every field that is unknown, missing or wrong. */
export function textModel(definition: TextDefinition): Defined {
  refuse(definitionIssues('text', definition));
  const [can, rest] = [capabilitiesOf<TextCapabilities>('text', definition), base(definition)];
  const model: TextModel = {
    kind: 'text',
    ...common(definition),
    generate: (request, call) =>
      submission(call, textIssues(request), (options) => definition.generate(request, options)),
  };
  return { model, entry: (id) => ({ id, kind: 'text', can, ...rest }) };
}

/** Defines an image model. Throws `InvalidSettingsError` that names every field that is unknown, missing or wrong. */
export function imageModel(definition: ImageDefinition): Defined {
  refuse(definitionIssues('image', definition));
  const [can, rest] = [capabilitiesOf<ImageCapabilities>('image', definition), base(definition)];
  const model: ImageModel = {
    kind: 'image',
    ...common(definition),
    generate: (request, call) =>
      submission(call, imageIssues(can, request), (options) => definition.generate(request, options)),
  };
  return { model, entry: (id) => ({ id, kind: 'image', can, ...rest }) };
}

/**
 * Defines a video model. Throws `InvalidSettingsError` that names every field that is unknown, missing or wrong, such as lengths that are not
 * positive and ascending. A request that the capabilities do not cover is refused before it is sent.
 */
export function videoModel<H extends OperationHandle>(definition: VideoDefinition<H>): Defined {
  refuse(definitionIssues('video', definition));
  const [can, rest] = [capabilitiesOf<VideoCapabilities>('video', definition), base(definition)];
  const cancel: VideoModel['cancel'] =
    definition.cancel && (async (handle, call) => definition.cancel?.(handle as H, guarded(call)) ?? unsupported);
  const model: VideoModel = {
    kind: 'video',
    ...common(definition),
    start: (request, call) =>
      submission(call, clipIssues(can, request), (options) => definition.start(request, options)),
    check: async (handle, call) => definition.check(handle as H, guarded(call)),
    ...(cancel === undefined ? {} : { cancel }),
  };
  return { model, entry: (id) => ({ id, kind: 'video', can, ...rest }) };
}

const unsupported: CancelOutcome = { outcome: 'unsupported', charged: 'unknown' };
