import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Settings that can not be honoured; each issue names its field. */
export class InvalidSettingsError extends VidpipeError {
  constructor(fields: { readonly issues: readonly string[] }, options?: ErrorOptions) {
    const { issues } = fields;
    super(
      'invalid-settings',
      `The settings are not valid:\n${issues.map((issue) => `- ${issue}`).join('\n')}`,
      { issues },
      options,
    );
  }
}
