import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** An optional package that a part of vidpipe needs is not installed. */
export class MissingPackageError extends VidpipeError {
  constructor(fields: { readonly package: string; readonly neededBy: string }, options?: ErrorOptions) {
    const { package: name, neededBy } = fields;
    super(
      'missing-package',
      `${neededBy} needs the package ${name}. Install it: npm install ${name}`,
      { package: name, neededBy },
      options,
    );
  }
}
