/** Answers of requests that carried an `Idempotency-Key`; written by `EventStore.execute` in its own transaction. */
export abstract class IdempotencyKeys {
  /**
   * The answer that was given under this key within the last 24 h, or undefined.
   * @throws DomainError `idempotency/key-reused` when another request (another digest) was made under it.
   */
  abstract find(scope: string, key: string, digest: string): Promise<object | undefined>;
}
