import { randomBytes } from 'node:crypto';

/**
 * A name that no other spec and no earlier run has: `<prefix>-<12 hex digits>`. Valid as a Kafka topic or group and,
 * with `separator` `_`, as an unquoted SQL identifier.
 */
export function freshName(prefix: string, separator: '-' | '_' = '-'): string {
  return `${prefix}${separator}${randomBytes(6).toString('hex')}`;
}
