import type { CompiledRestrictions } from './credential/compiled-restrictions.js';

/** Who acts. Everything here comes from identity's state, never from the request. */
export type Principal = {
  readonly id: string;
  /** A virtual account's name, by which documents may also call it. */
  readonly name?: string | undefined;
  readonly kind: 'user' | 'virtual-account';
  readonly tenant: string;
  /** Names of teams. */
  readonly teams: readonly string[];
  /** Groups that were synced or mapped by a trusted issuer. */
  readonly groups: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly operator?: boolean | undefined;
};

/** What is acted upon. Of a model only the path is read: its attributes come from the catalogue. */
export type Resource = {
  readonly type: string;
  readonly path: string;
  /** Whose it is; the snapshot's tenant when left out. */
  readonly tenant?: string | undefined;
  readonly name?: string | undefined;
  readonly provider?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly owner?: string | undefined;
  readonly team?: string | undefined;
};

/** What was presented. */
export type Credential = {
  readonly kind: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly ageDays?: number | undefined;
  readonly restrictions?: CompiledRestrictions | undefined;
  /** What an OAuth token's `authorization_details` say. Both must allow: a token may stand for a key that is narrowed. */
  readonly details?: CompiledRestrictions | undefined;
  /** Action names of an OAuth token; left out for what is no such token, and an empty list permits nothing. */
  readonly scopes?: readonly string[] | undefined;
};

/** The circumstances. `operation` is `admin` on administrative routes. */
export type Circumstances = {
  readonly operation: string;
  readonly ip?: string | undefined;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
};

/** One question to the engine. */
export type AccessRequest = {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: Resource;
  readonly credential: Credential;
  readonly request: Circumstances;
};
