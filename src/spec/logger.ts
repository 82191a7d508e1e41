/** Structured logging, pino-compatible in shape. Off unless given. */
export interface Logger {
  /** Of use to somebody who looks for a fault. */
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Something happened as it should. */
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Something failed that is repeated or that costs nothing. */
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Something failed that somebody should know of: a defect, or a fact that is not durable yet. */
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
