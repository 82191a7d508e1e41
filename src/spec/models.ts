import type { Digest } from './assets.ts';

/** `provider:model`, for example `simulated:film-1`. */
export type ModelId = `${string}:${string}`;

/** What every function of a model gets beside its request. */
export interface CallOptions {
  /** The idempotency key of this billable call; the same on every sending of it. */
  readonly callId: string;
  /** Aborts a look or a download. Never aborted during a billable submission except at the request deadline. */
  readonly signal: AbortSignal;
  /** The `fetch` to use, so that tests and proxies can replace it. */
  readonly fetch: typeof fetch;
}

/** A picture given to a model. `role` says what it is for. */
export interface ImageInput {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly role: 'condition' | 'reference' | 'start-frame' | 'end-frame';
  /** Name of the reference, as the prompt spells it. */
  readonly name?: string;
}

/** Options of one provider beyond the common ones, as the user gave them; the provider has checked them (`Provider.optionIssues`). */
export type ModelOptions = Readonly<Record<string, unknown>>;

/** A request for JSON that fits `schema` (JSON Schema). */
export interface TextRequest {
  readonly system: string;
  readonly prompt: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly temperature: number;
  readonly seed?: number;
  readonly options?: ModelOptions;
}

/** A request for one picture of at least `width` × `height` pixels; what comes is cropped and scaled to exactly that. `images` holds the conditioning frame (role `condition`) and references. */
export interface ImageRequest {
  readonly prompt: string;
  readonly ratio: string;
  readonly width: number;
  readonly height: number;
  /** Name of a size of the model's list; absent where it has none. */
  readonly size?: string;
  readonly seed?: number;
  readonly negativePrompt?: string;
  readonly images: readonly ImageInput[];
  readonly options?: ModelOptions;
}

/**
 * A request for one clip of `seconds` (of the model's list), in pixels `width` by `height`, from `startFrame` and, where the model can, to
 * `endFrame`. The engine always gives a first frame; `references` only where the model takes them beside frames.
 */
export interface ClipRequest {
  readonly prompt: string;
  readonly seconds: number;
  readonly ratio: string;
  readonly width: number;
  readonly height: number;
  /** Of the model's list, such as `720p`. */
  readonly resolution: string;
  readonly audio: boolean;
  readonly seed?: number;
  readonly negativePrompt?: string;
  readonly startFrame?: ImageInput;
  readonly endFrame?: ImageInput;
  readonly references?: readonly ImageInput[];
  readonly options?: ModelOptions;
  /** How many takes this call brings; 1 unless the model can more. */
  readonly takes: number;
}

/** Delivered media: bytes, or a link that the core downloads under its provider's `downloads` rule. */
export type MediaRef =
  | { readonly bytes: Uint8Array; readonly mediaType?: string }
  | {
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly sha256?: string;
      readonly expiresAt?: string;
    };

/** What a call used, in the units that it is billed by. `microUsd` is the provider's own figure where it tells one. */
export interface Usage {
  /** @default 1 */
  readonly calls?: number;
  /** Pictures. @default those that were asked for */
  readonly images?: number;
  /** Seconds of video. @default those that were asked for */
  readonly seconds?: number;
  /** Without it a token price makes the charge unknown. */
  readonly inputTokens?: number;
  /** Without it a token price makes the charge unknown. */
  readonly outputTokens?: number;
  /** The bill itself, in millionths of a dollar; it goes before all rates of the catalogue. */
  readonly microUsd?: number;
}

/** Whether the provider bills an outcome. */
export type Charged = 'yes' | 'no' | 'unknown';

/** The input that a content filter flagged. */
export type FlaggedInput = 'prompt' | 'start-frame' | 'end-frame' | 'reference' | 'output';

/** A refusal by a content filter. `codes` are the provider's support codes. */
export interface Blocked {
  readonly state: 'blocked';
  readonly reasons: readonly string[];
  readonly codes?: readonly string[];
  readonly category?: string;
  readonly input: FlaggedInput;
  readonly charged: Charged;
  readonly usage?: Usage;
  /** Bytes that came all the same. They are hashed and dropped: the log keeps their digests. */
  readonly outputs?: readonly MediaRef[];
}

/** Kinds of failure. `retryAfterMs` in milliseconds where the provider told it. */
export type FailureKind = 'transient' | 'rate-limited' | 'invalid-request' | 'auth' | 'lost' | 'empty';

/** A failure that the provider reported as final for this call. */
export interface Failed {
  readonly state: 'failed';
  readonly kind: FailureKind;
  readonly message: string;
  readonly charged?: Charged;
  readonly usage?: Usage;
}

/** A delivered result. `blocked` names what a filter took out of it. */
export interface Succeeded {
  readonly state: 'succeeded';
  readonly outputs: readonly MediaRef[];
  readonly usage?: Usage;
  readonly blocked?: Blocked;
}

/** State of a running operation; `progress` from 0 to 1. */
export type OperationStatus = { readonly state: 'running'; readonly progress?: number } | Succeeded | Blocked | Failed;

/** Final answer of a text or image model. A text model's single output is its reply, UTF-8. */
export type Reply = Succeeded | Blocked | Failed;

/** The provider's own reference to a running job: JSON, usable from another process. */
export type OperationHandle = Readonly<Record<string, unknown>>;

/** Answer to `cancel`: `cancelled` (it will not finish), `too-late` (it has finished), `unsupported`. */
export interface CancelOutcome {
  readonly outcome: 'cancelled' | 'too-late' | 'unsupported';
  readonly charged: Charged;
}

/** What `lookUp` is given to find a lost submission by. `at` is when the call was intended (ISO 8601). */
export interface CallRef {
  readonly callId: string;
  readonly at: string;
}

/** What look-up found: an operation by its handle, or its final state. */
export type Found = { readonly handle: OperationHandle } | { readonly finished: Reply };

/** Common to models: `idempotent` says that the same callId may be sent again and is billed once. */
export interface ModelBase {
  readonly specVersion: 1;
  readonly idempotent?: boolean;
  /**
   * Finds a lost submission; `undefined` only when the provider certainly never accepted it. While it can not tell yet it throws a `ProviderError`
   * of kind `transient` (or `rate-limited`): it is then asked again after `retryAfterMs` (`times.pollMs` where that is not told) until `times.deadlineMs` have passed since
   * the intent. Any other throw is no answer, as is the last one; `onUnknown` then decides, as it does without `lookUp` and `idempotent`.
   */
  lookUp?(call: CallRef, options: CallOptions): Promise<Found | undefined>;
}

/** Writes JSON. */
export interface TextModel extends ModelBase {
  readonly kind: 'text';
  /** One billable request. Throws `ProviderError` when the outcome is a failed submission. */
  generate(request: TextRequest, call: CallOptions): Promise<Reply>;
}

/** Draws stills. */
export interface ImageModel extends ModelBase {
  readonly kind: 'image';
  /** One billable request. Throws `ProviderError` when the outcome is a failed submission. */
  generate(request: ImageRequest, call: CallOptions): Promise<Reply>;
}

/** Makes clips. */
export interface VideoModel extends ModelBase {
  readonly kind: 'video';
  /** One billable submission. Throws `ProviderError` when it failed. */
  start(request: ClipRequest, call: CallOptions): Promise<Found>;
  /** One look, no polling; stable once finished. A throw is a failed look and never ends the call. */
  check(handle: OperationHandle, call: CallOptions): Promise<OperationStatus>;
  /** Stops a running job upstream. Without it a stop detaches the job and `collect` fetches it later. */
  cancel?(handle: OperationHandle, call: CallOptions): Promise<CancelOutcome>;
}

/** Any model. */
export type Model = TextModel | ImageModel | VideoModel;
