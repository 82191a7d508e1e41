import type { MicroUsd } from '../spec/index.ts';

/** What an account may spend. A period is one of UTC; a call counts where it was intended. */
export interface AccountLimit {
  /** Most that all projects of the account may spend in a period, made by `usd()`. */
  readonly cap: MicroUsd;
  /** @default all time */
  readonly per?: 'day' | 'month';
}
