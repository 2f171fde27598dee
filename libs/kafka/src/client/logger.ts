/** What libs/kafka and libs/bus write their reports to; a pino logger fits as it is. Record values and keys never go into it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Swallows everything; for specs and for callers that report through `health()` alone. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
