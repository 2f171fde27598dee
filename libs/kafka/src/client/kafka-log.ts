import { logLevel, type logCreator } from 'kafkajs';
import type { Logger } from './logger.js';

/** What kafkajs' entries may bring along. Everything else (keys, values, buffers, stacks) stays out of the log. */
const FIELDS = ['broker', 'clientId', 'groupId', 'memberId', 'topic', 'partition', 'retryCount', 'retryTime'] as const;
const MESSAGE_CHARS_MAX = 300;

/**
 * Sends kafkajs' log to ours, one level down: what it calls an error is mostly a retry of its own, and what matters
 * is reported by the readers and by `publish` themselves.
 */
export function kafkaLog(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const fields: Record<string, unknown> = { namespace };
      for (const field of FIELDS) if (log[field] !== undefined) fields[field] = log[field];
      const message = `kafkajs: ${log.message.slice(0, MESSAGE_CHARS_MAX)}`;
      if (level === logLevel.ERROR) logger.warn(fields, message);
      else if (level === logLevel.WARN) logger.info(fields, message);
      else logger.debug(fields, message);
    };
}
