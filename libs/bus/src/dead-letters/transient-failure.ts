import { BusError, PoisonRecord } from '../bus-error.js';

const NETWORK = /^(E(CONN|PIPE|HOST|NET|AI_|NOTFOUND|TIMEDOUT|MFILE|NFILE|NOMEM|NOSPC|ADDR)|UND_ERR_)/;
/** PostgreSQL classes: connection, resources, operator intervention, system error, and rollbacks that say "again". */
const SQLSTATE = /^(08|40|53|55|57|58)[0-9A-Z]{3}$/;
/** Causes are followed so far and no further. */
const CAUSES_MAX = 8;

/**
 * Is this failure the weather's, rather than the record's? Such a record is tried again for as long as it takes: a
 * database that is down must not turn good records into dead letters. Decided by `transient` and `retriable` flags,
 * network codes and SQLSTATEs along the chain of causes; everything else is taken for a fault of the content.
 */
export function isTransient(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth += 1) {
    if (current instanceof PoisonRecord) return false;
    if (current instanceof BusError) return current.transient || current.code === 'bus/closed';
    if (saysSo(current)) return true;
    current = current.cause;
  }
  return false;
}

function saysSo(error: Error): boolean {
  const { transient, retriable, code } = error as { transient?: unknown; retriable?: unknown; code?: unknown };
  if (transient === true || retriable === true) return true;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return true;
  return typeof code === 'string' && (NETWORK.test(code) || SQLSTATE.test(code));
}
