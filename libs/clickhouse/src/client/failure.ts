import { ClickHouseError } from '@clickhouse/client';

/** Exceptions of the server that the same statement may not meet the next time. */
const TRANSIENT_CODES = new Set([
  '159', // TIMEOUT_EXCEEDED
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '209', // SOCKET_TIMEOUT
  '210', // NETWORK_ERROR
  '236', // ABORTED: the server is stopping
  '241', // MEMORY_LIMIT_EXCEEDED
  '242', // TABLE_IS_READ_ONLY
  '252', // TOO_MANY_PARTS
  '319', // UNKNOWN_STATUS_OF_INSERT
  '394', // QUERY_WAS_CANCELLED
  '439', // CANNOT_SCHEDULE_TASK
  '473', // DEADLOCK_AVOIDED
  '999', // KEEPER_EXCEPTION
]);
/** What Node says when the way to the server, not the statement, is at fault. */
const TRANSIENT_SYSTEM =
  /^(?:ECONN\w+|E?PIPE|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR\w*)$/;
const TRANSIENT_MESSAGE = /timeout error|socket hang up|aborted/i;

/**
 * Whether the same call may succeed later. A transient failure says nothing about whether the statement ran: an insert
 * must be repeated under its own token. Anything not known to be transient is permanent: repeating it changes nothing.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ClickHouseError) return TRANSIENT_CODES.has(error.code);
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return TRANSIENT_SYSTEM.test(code);
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  return TRANSIENT_MESSAGE.test(error.message) || (error.cause !== undefined && isTransient(error.cause));
}
