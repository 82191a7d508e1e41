import type { EngineContext } from './context.ts';
import { moment, type Moment } from './submit.ts';

/** When one run first saw each open call. */
export class FirstReads {
  readonly #context: EngineContext;
  readonly #moments = new Map<string, Moment>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** The moment of a call; now, when it is seen for the first time. */
  of(callId: string): Moment {
    const known = this.#moments.get(callId) ?? moment(this.#context);
    this.#moments.set(callId, known);
    return known;
  }
}
