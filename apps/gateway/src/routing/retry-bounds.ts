/** How often, and how soon, one request calls upstreams. */
export type RetryBounds = {
  /** Upstream calls of one request, the first among them. */
  readonly attemptsMax: number;
  /** What is waited before the same model is called again, unless its upstream asks for more; drawn from half to all of it. */
  readonly backoffMs: number;
  /** An upstream that asks to wait longer is not called again for this request. */
  readonly waitMsMax: number;
};

/** Where the operator says nothing else. */
export const retryBounds: RetryBounds = { attemptsMax: 4, backoffMs: 250, waitMsMax: 2_000 };
