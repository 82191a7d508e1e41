import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The event store could not read or write, for a reason that passes: a full disk, another process in its way; what threw without a type is taken for that. Nothing is sent that is not written down. */
export class EventStoreError extends VidpipeError {
  constructor(
    fields: { readonly what: string; readonly reason: string; readonly advice: string },
    options?: ErrorOptions,
  ) {
    const { what, reason, advice } = fields;
    super(
      'event-store',
      `${what}: ${reason}. ${advice}, then run again: nothing is bought twice.`,
      { ...fields },
      options,
    );
  }
}
