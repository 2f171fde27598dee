import type { DecisionReason, KeyKind, RefusalCode } from '#libs/contracts';
import type { CompiledRestrictions } from '#libs/decision-engine';
import type { EnginePrincipal } from '../identity/directory.js';

/** Which token it was: names, and nothing that could be presented. */
export type TokenIdentity = {
  /** Of its issuer's record. */
  readonly issuerId: string;
  /** Its `jti`; '' where an external issuer gave none. */
  readonly tokenId: string;
  /** '' for external tokens. */
  readonly clientId: string;
};

/**
 * Who presented a valid credential. Shared between requests and frozen: copy it, never add to it. It says what was true
 * when `authenticate` answered; ask again for each request.
 */
export type Authenticated = {
  readonly ok: true;
  readonly tenantId: string;
  readonly principalId: string;
  readonly principalKind: 'user' | 'virtual-account' | 'operator';
  readonly operator: boolean;
  /** The key, or the one that the token was exchanged for; '' for any other token. */
  readonly keyId: string;
  readonly keyKind: KeyKind | 'token';
  readonly authMethod: 'api_key' | 'jwt';
  /** In the form that the decision engine reads. */
  readonly principal: EnginePrincipal;
  /** What the credential may do less than its owner; undefined: nothing less. */
  readonly restrictions: CompiledRestrictions | undefined;
  /** What a token's scope and `authorization_details` allow; undefined: they narrow nothing. */
  readonly scopes?: readonly string[] | undefined;
  readonly details?: CompiledRestrictions | undefined;
  readonly keyLabels: Readonly<Record<string, string>>;
  readonly tenantLabels: Readonly<Record<string, string>>;
  /** Ms since 1970; of a token that was exchanged for a key, the key's. */
  readonly issuedAtMs: number;
  /** Undefined for keys. */
  readonly token?: TokenIdentity | undefined;
  /** Rules that had something to say of the credential and let it pass, such as one by which it should have been rotated. */
  readonly appliedRules?: readonly string[];
};

/**
 * Why nobody was authenticated. `code` is what the caller may know and is the same for every fault of a key; `reason`
 * is for audit. The ids are '' where nothing is known; a known key with a wrong or dead secret names its tenant.
 */
export type Unauthenticated = {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly reason: DecisionReason;
  readonly tenantId: string;
  readonly keyId: string;
  readonly principalId: string;
  /** A token whose signature held. */
  readonly token?: TokenIdentity | undefined;
  /** The rule of a policy that refused a key which is good by itself. */
  readonly appliedRules?: readonly string[];
};

/** One authenticated request. */
export type Caller = Omit<Authenticated, 'ok'> & {
  readonly teams: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** UUIDv7, what the answer carries as `gatehouse-decision-id`. */
  readonly decisionId: string;
  readonly requestId: string;
  /** The client's address; the peer's unless the operator configured trusted hops. */
  readonly ip: string;
  readonly userAgent: string;
  readonly httpMethod: string;
  /** Without the query. */
  readonly path: string;
  /** When the request came, ms since 1970. */
  readonly atMs: number;
};
