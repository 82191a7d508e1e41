import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A model id that no provider lists. */
export class UnknownModelError extends VidpipeError {
  /** `hint` is a sentence that says where the model is, and goes before `nearest`. */
  constructor(
    fields: { readonly model: string; readonly nearest: string | null; readonly hint?: string | undefined },
    options?: ErrorOptions,
  ) {
    const { model, nearest, hint } = fields;
    const advice = hint ?? (nearest === null ? null : `Did you mean ${nearest}?`);
    super(
      'unknown-model',
      `No provider lists the model ${JSON.stringify(model)}.${advice === null ? '' : ` ${advice}`}`,
      { model, nearest },
      options,
    );
  }
}
