import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A range holds no byte of an asset. */
export class RangeNotSatisfiableError extends VidpipeError {
  constructor(fields: { readonly digest: string; readonly size: number }, options?: ErrorOptions) {
    const { digest, size } = fields;
    super('range-not-satisfiable', `The range holds no byte of ${digest} (${size} bytes).`, { digest, size }, options);
  }
}

/** The bytes of `size` that a range names, both ends included and cut at the last one. Throws `RangeNotSatisfiableError` for none. */
export function satisfiedRange(
  { start, end = Infinity }: { readonly start: number; readonly end?: number },
  { digest, size }: { readonly digest: string; readonly size: number },
): { readonly start: number; readonly end: number } {
  const whole = Number.isInteger(start) && (end === Infinity || Number.isInteger(end));
  if (!whole || start < 0 || end < start || start >= size) throw new RangeNotSatisfiableError({ digest, size });
  return { start, end: Math.min(end, size - 1) };
}
