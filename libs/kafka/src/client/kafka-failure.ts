/** What kafkajs' errors carry besides the usual; `type` is the protocol's own name of the error. */
type KafkaFailure = {
  readonly retriable?: unknown;
  readonly type?: unknown;
  readonly cause?: unknown;
  readonly name: string;
};

/** May the same request work later? kafkajs wraps what it gave up on, so the cause decides. */
export function isRetriable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retriable, cause, name } = error as KafkaFailure;
  if (name === 'KafkaJSNumberOfRetriesExceeded' || name === 'KafkaJSNonRetriableError') return isRetriable(cause);
  return retriable === true;
}

/** The protocol's name of the error, e.g. `UNKNOWN_MEMBER_ID`, wherever in the chain it is. */
export function typeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, cause } = error as KafkaFailure;
  return typeof type === 'string' ? type : typeOf(cause);
}

/** What to call an error without its message: the protocol's name of it, or else that of its class. */
export function nameOf(error: unknown): string {
  return typeOf(error) ?? (error instanceof Error ? error.name : 'unknown error');
}

/** Errors that say: this member owns nothing any more. */
const LOST = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID', 'REBALANCE_IN_PROGRESS']);

export function isOwnershipLost(error: unknown): boolean {
  return LOST.has(typeOf(error) ?? '');
}
