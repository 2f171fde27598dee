import { pino, type DestinationStream } from 'pino';
import { maskSecrets, redactedPaths } from './redaction.js';

type Fields = Readonly<Record<string, unknown>>;
type Write = {
  (fields: Fields, message: string): void;
  (message: string): void;
};

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured logs, as a port and injection token. Errors go under `err`; no field may hold a secret. */
export abstract class Logger {
  abstract readonly fatal: Write;
  abstract readonly error: Write;
  abstract readonly warn: Write;
  abstract readonly info: Write;
  abstract readonly debug: Write;
  /** A logger that adds `fields` to each line. */
  abstract child(fields: Fields): Logger;
}

export type LoggerOptions = {
  readonly service: string;
  /** `info` unless given. */
  readonly level?: LogLevel;
  /** Fields of every line, e.g. the replica. */
  readonly fields?: Fields;
  /** Standard output unless given. */
  readonly destination?: DestinationStream;
};

/**
 * JSON lines by pino. Named secret fields are replaced, and whatever looks like a credential is masked in the finished
 * line: also inside messages, stack traces and field names.
 */
export function createLogger({ service, level = 'info', fields = {}, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, ...fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: [...redactedPaths], censor: '***' },
    hooks: { streamWrite: maskSecrets },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Says nothing; for specs and for parts that are used without a logger. */
export const silentLogger: Logger = pino({ level: 'silent' });
