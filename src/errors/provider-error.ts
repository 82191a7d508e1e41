import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Kinds of a failed submission or look. `retired`: the model is offered no more, to nobody. */
export type ProviderErrorKind = 'transient' | 'rate-limited' | 'invalid-request' | 'auth' | 'lost' | 'retired';

/** Fields of a `ProviderError`. `accepted`: whether the provider may have taken (and billed) the request. */
export interface ProviderErrorFields {
  /** What failed; it decides whether another try may help. */
  readonly kind: ProviderErrorKind;
  /** What a person reads; never a key or a signed link. */
  readonly message: string;
  /** `no` only where the provider certainly did not take the request. */
  readonly accepted: 'no' | 'unknown';
  /** How long the provider asks to wait, milliseconds. */
  readonly retryAfterMs?: number;
  /** HTTP status, where there was one. */
  readonly status?: number;
}

/** A request to a provider that failed. `retryable` is for submissions; a failing look is always repeated. */
export class ProviderError extends VidpipeError {
  readonly kind: ProviderErrorKind;
  readonly accepted: 'no' | 'unknown';
  readonly retryAfterMs: number | null;
  readonly retryable: boolean;

  constructor(fields: ProviderErrorFields, options?: ErrorOptions) {
    const { kind, message, accepted, retryAfterMs = null, status } = fields;
    super('provider', message, { kind, accepted, retryAfterMs, ...(status === undefined ? {} : { status }) }, options);
    this.kind = kind;
    this.accepted = accepted;
    this.retryAfterMs = retryAfterMs;
    this.retryable = accepted === 'no' && (kind === 'transient' || kind === 'rate-limited');
  }
}
