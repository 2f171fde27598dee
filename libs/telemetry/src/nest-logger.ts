import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Nest's own messages as structured lines. Nest passes a context last, and a stack before it for errors. */
export class NestLogger implements LoggerService {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  log(message: unknown, ...rest: unknown[]): void {
    // Start-up says a line per module and route: of interest only to someone who is looking for it.
    this.logger.debug(...line(message, rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(...line(message, rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(...line(message, rest));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(...line(message, rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(...line(message, rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(...line(message, rest));
  }
}

function line(message: unknown, rest: readonly unknown[]): [Record<string, unknown>, string] {
  const context = typeof rest.at(-1) === 'string' ? { context: rest.at(-1) } : {};
  const stack = rest.length > 1 && typeof rest[0] === 'string' ? { stack: rest[0] } : {};
  if (message instanceof Error) return [{ ...context, err: message }, message.message];
  return [{ ...context, ...stack }, typeof message === 'string' ? message : JSON.stringify(message)];
}
