/** Whose key it is and what was asked: (`scope`, `key`) is unique. */
export type IdempotencyClaim = {
  /** Tenant, principal, method and path: nobody meets another's keys. */
  readonly scope: string;
  readonly key: string;
  /** SHA-256 of the request; a repetition must have the same. */
  readonly digest: string;
};

/** An answer to be given again. `body` is JSON text without anything that is shown once. */
export type KeptAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type ClaimResult =
  | { readonly state: 'claimed' }
  /** Another request with this key is being worked on. */
  | { readonly state: 'busy'; readonly digest: string }
  | { readonly state: 'kept'; readonly digest: string; readonly answer: KeptAnswer };

/** How long an answer is kept. */
export const IDEMPOTENCY_KEPT_MS = 86_400_000;
/** A claim without an answer is free again after this long: its request died. */
export const IDEMPOTENCY_LEASE_MS = 60_000;

/** Port and injection token. A service that provides none takes no `Idempotency-Key`: the header is ignored. */
export abstract class IdempotencyStore {
  /** Atomic: of two parallel claims exactly one is `claimed`. */
  abstract claim(claim: IdempotencyClaim): Promise<ClaimResult>;
  /** Keeps the answer of a claimed request. */
  abstract keep(claim: IdempotencyClaim, answer: KeptAnswer): Promise<void>;
  /** Gives the claim up: the request failed, and may be made again. */
  abstract release(claim: IdempotencyClaim): Promise<void>;
}
