import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A model id that no provider lists. */
export class UnknownModelError extends VidpipeError {
  constructor(fields: { readonly model: string; readonly nearest: string | null }, options?: ErrorOptions) {
    const { model, nearest } = fields;
    super(
      'unknown-model',
      `No provider lists the model ${JSON.stringify(model)}.${nearest === null ? '' : ` Did you mean ${nearest}?`}`,
      { model, nearest },
      options,
    );
  }
}
