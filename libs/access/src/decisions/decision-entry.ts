import type { AccessDecided, DecisionReason, RefusalCode } from '#libs/contracts';
import type { Caller } from '../authentication/caller.js';

/** Who asked, as far as anybody knows: a caller, a refused credential's ids, or '' throughout. */
export type DecisionWho = Pick<Caller, 'tenantId' | 'principalId' | 'keyId'> & {
  readonly principalKind: AccessDecided['principal_kind'];
  readonly authMethod: AccessDecided['auth_method'];
  /** Rules that had something to say of the credential. */
  readonly appliedRules?: readonly string[];
};

/** The request that a decision is about. */
export type DecisionRequest = Pick<
  Caller,
  'decisionId' | 'requestId' | 'ip' | 'userAgent' | 'httpMethod' | 'path' | 'atMs'
>;

/** One decision, before it becomes a record. Everything left out is '' or empty or 0 there. */
export type DecisionEntry = DecisionRequest &
  DecisionWho & {
    /** `admin` on administrative routes. */
    readonly operation: string;
    readonly action: string;
    readonly resourceType: string;
    readonly resource: string;
    readonly outcome: 'allow' | 'deny';
    readonly code: RefusalCode | '' | (string & {});
    readonly reason: DecisionReason;
    readonly httpStatus: number;
    readonly statements?: readonly string[];
    readonly attributes?: Readonly<Record<string, string>>;
    readonly policyRevision?: number;
    readonly platformRevision?: number;
    readonly identityPosition?: number;
    readonly staleMs?: number;
    readonly requestedModel?: string;
    readonly resolvedModel?: string;
    readonly providerAccount?: string;
    readonly environment?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  };

/** Nobody: what a request without a credential, or with an unknown one, is recorded for. */
export const NOBODY: DecisionWho = Object.freeze({
  tenantId: '',
  principalId: '',
  keyId: '',
  principalKind: '',
  authMethod: '',
});
