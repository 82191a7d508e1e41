import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A change that can not be made; nothing was changed. */
export class InvalidChangeError extends VidpipeError {
  constructor(fields: { readonly issues: readonly string[] }, options?: ErrorOptions) {
    const { issues } = fields;
    super(
      'invalid-change',
      `The change is not possible:\n${issues.map((issue) => `- ${issue}`).join('\n')}`,
      { issues },
      options,
    );
  }
}
