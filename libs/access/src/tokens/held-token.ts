import {
  EXCHANGE_CLIENT_ID,
  OWN_ISSUER_ID,
  PLATFORM_TENANT,
  type ClientRecord,
  type DecisionReason,
  type IssuerRecord,
  type KeyKind,
} from '#libs/contracts';
import type { Authenticated, Unauthenticated } from '../authentication/caller.js';
import { keyBounds, type KeyBounds, type TenantSnapshot } from '#libs/decision-engine';
import { bornMsOf, faultOfAge, overdueRule } from '../authentication/key-age.js';
import { credentialStatus, type Credential } from '../identity/credential-reader.js';
import type { IdentityView } from '../identity/identity-view.js';
import type { PolicyView } from '../policy/policy-view.js';
import { callerOf, isCurrent, type TokenCaller } from './token-caller.js';
import { refusedToken } from './token-faults.js';
import { issuerTermsOf } from './token-terms.js';
import type { VerifiedToken } from './verified-token.js';

/** What tokens are held against. */
export type TokenCircumstances = {
  readonly view: IdentityView;
  readonly policy: Pick<PolicyView, 'snapshot'>;
  /** Kinds of keys that a token may have been exchanged for. */
  readonly accepts: ReadonlySet<KeyKind>;
};

/** What the key's policy says, and by which snapshot and of which caller; `overdue`: the caller once that rule applies. */
type Policed = {
  readonly by: TenantSnapshot;
  readonly of: TokenCaller;
  readonly bounds: KeyBounds | undefined;
  overdue: Authenticated | undefined;
};

/**
 * A token whose signature held, and everything that must be true of it in each request anew. Nothing that was found once
 * is taken for granted, except the signature under keys that are still its issuer's; and all of it while nothing at all
 * has come from the bus since, and the token is in its time.
 */
export class HeldToken {
  private issuer: IssuerRecord;
  private issuerTimes: { readonly notBeforeMs: number; readonly keysUntilMs: number };
  private client: ClientRecord | undefined;
  private clientNotBeforeMs = Number.NEGATIVE_INFINITY;
  private made: TokenCaller | undefined;
  private policed: Policed | undefined;
  /** Nothing was wrong with the token at that count of changes, and by itself nothing will be until then. */
  private soundAt = -1;
  private soundUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly token: VerifiedToken,
    private readonly circumstances: TokenCircumstances,
  ) {
    this.issuer = token.issuer;
    this.issuerTimes = timesOf(token.issuer);
  }

  /**
   * Who it stands for now; the same object as long as no record has changed. Undefined where its issuer's keys, or how
   * its tokens are read, are not what it was verified by: then it has to be verified again.
   */
  answer(nowMs: number): Authenticated | Unauthenticated | undefined {
    const { view } = this.circumstances;
    const { token } = this;
    if (this.soundAt === view.changes && nowMs < this.soundUntilMs) return this.byPolicy(nowMs);
    const issuer = view.issuers.find(token.issuer.id);
    if (issuer !== this.issuer && issuer && !this.adopts(issuer)) return undefined;
    if (!this.made || !isCurrent(view, token, this.made)) this.made = callerOf(view, token);
    const reason = this.faultOfToken(issuer, nowMs) ?? this.faultOfPrincipal() ?? this.faultOfKey(nowMs);
    if (reason) return this.refuse(reason);
    this.noteSound(view);
    return this.byPolicy(nowMs);
  }

  /** A key that the token was exchanged for has dates of its own, so such a token is looked at in every call. */
  private noteSound({ changes }: IdentityView): void {
    if (this.token.own?.keyId !== undefined) return;
    this.soundAt = changes;
    this.soundUntilMs = Math.min(this.token.expiresAtMs, this.issuerTimes.keysUntilMs);
  }

  /** A record that came since: the same keys, read the same way, and perhaps other dates. */
  private adopts(issuer: IssuerRecord): boolean {
    if (issuerTermsOf(issuer) !== issuerTermsOf(this.token.issuer)) return false;
    this.issuer = issuer;
    this.issuerTimes = timesOf(issuer);
    return true;
  }

  private faultOfToken(issuer: IssuerRecord | undefined, nowMs: number): DecisionReason | undefined {
    const { token } = this;
    const { notBeforeMs, keysUntilMs } = this.issuerTimes;
    // Unreadable or gone: what stood there may have been its end.
    if (!issuer || issuer.status !== 'active' || !(nowMs < keysUntilMs)) return 'issuer_disabled';
    if (nowMs >= token.expiresAtMs) return 'token_expired';
    // Whole seconds: one of the very second in which tokens were ended is ended too.
    if (token.issuedAtMs <= notBeforeMs) return 'token_revoked';
    return this.faultOfClient() ?? this.faultOfExchange() ?? this.faultOfRevocation();
  }

  private faultOfClient(): DecisionReason | undefined {
    const { own } = this.token;
    if (!own || own.clientId === EXCHANGE_CLIENT_ID) return undefined;
    const client = this.circumstances.view.clients.find(own.clientId);
    if (client !== this.client) {
      this.client = client;
      this.clientNotBeforeMs = startOf(client?.notBefore);
    }
    const isOfTenant = client?.tenantId === this.token.tenantId || client?.tenantId === PLATFORM_TENANT;
    if (!client || client.status !== 'active' || !isOfTenant) return 'client_disabled';
    return this.token.issuedAtMs <= this.clientNotBeforeMs ? 'client_disabled' : undefined;
  }

  /** A token that was got for another one ends with the issuer of that. */
  private faultOfExchange(): DecisionReason | undefined {
    const { own, tenantId, issuedAtMs } = this.token;
    if (own?.issuerId === undefined) return undefined;
    const issuer = this.circumstances.view.issuers.find(own.issuerId);
    const isTrusted = issuer?.status === 'active' && issuer.tenantId === tenantId && issuer.id !== OWN_ISSUER_ID;
    if (!isTrusted) return 'issuer_disabled';
    return issuedAtMs <= startOf(issuer.notBefore) ? 'token_revoked' : undefined;
  }

  private faultOfRevocation(): DecisionReason | undefined {
    const { revocations } = this.circumstances.view;
    const { issuedAtMs, revocationKeys } = this.token;
    for (const key of revocationKeys) if (revocations.ends(key, issuedAtMs)) return 'token_revoked';
    const isEnded = this.made !== undefined && revocations.ends(this.made.revocationKey, issuedAtMs);
    return isEnded ? 'token_revoked' : undefined;
  }

  private faultOfPrincipal(): DecisionReason | undefined {
    const { view } = this.circumstances;
    const { own, tenantId } = this.token;
    if (!this.made) return 'principal_missing';
    const { record } = this.made;
    // The tenant is the principal's. A token that names another was never ours to give, or not for that issuer to ask.
    if (record.tenantId !== tenantId) return 'token_invalid';
    if (record.status === 'deleted') return 'principal_missing';
    if (record.status !== 'active') return 'principal_suspended';
    if (own && own.epoch !== record.epoch) return 'principal_epoch_mismatch';
    const isOfClient = own && own.keyId === undefined && own.issuerId === undefined;
    const isAnothers = isOfClient && record.kind === 'virtual-account' && this.client?.virtualAccountId !== record.id;
    if (isAnothers) return 'client_disabled';
    if (!view.ownerIsActive(record)) return 'team_suspended';
    return view.tenantIsActive(tenantId) ? undefined : 'tenant_suspended';
  }

  /** A token that was got for a key can do what the key could, as long as it could. */
  private faultOfKey(nowMs: number): DecisionReason | undefined {
    if (this.token.own?.keyId === undefined) return undefined;
    if (!this.made?.key) return 'key_unknown';
    const { key, record, principal } = this.made;
    const { status } = key;
    if (status === credentialStatus.revoked) return 'key_revoked';
    if (status === credentialStatus.suspended) return 'key_suspended';
    if (status !== credentialStatus.active) return 'internal_error';
    if (key.owner !== principal.number) return 'token_invalid';
    if (key.ownerEpoch !== record.epoch) return 'principal_epoch_mismatch';
    if (nowMs < (key.rare?.notBeforeMs ?? Number.NEGATIVE_INFINITY)) return 'key_not_yet_valid';
    if (!(nowMs < key.expiresAtMs)) return 'key_expired';
    return this.circumstances.accepts.has(key.kind) ? undefined : 'key_kind_not_accepted';
  }

  /** A good token, by what policy says of its key's age: it makes that no younger, and its use is one of the key. */
  private byPolicy(nowMs: number): Authenticated | Unauthenticated | undefined {
    const { made } = this;
    const policed = made?.key && this.policedOf(made, made.key);
    if (!made?.key || !policed?.bounds) return made?.caller;
    const { bounds } = policed;
    const { credentials } = this.circumstances.view;
    const { slot } = made.key;
    const bornMs = bornMsOf(made.key);
    const fault = faultOfAge(bounds, { bornMs, usedMs: credentials.usedMs(slot) }, nowMs);
    if (fault) return { ...this.refuse(fault.reason), appliedRules: [fault.rule] };
    if (bounds.idle) credentials.noteUse(slot, nowMs);
    const rule = overdueRule(bounds, bornMs, nowMs);
    if (rule === undefined) return made.caller;
    policed.overdue ??= Object.freeze({ ...made.caller, appliedRules: Object.freeze([rule]) });
    return policed.overdue;
  }

  private policedOf(made: TokenCaller, { kind }: Credential): Policed | undefined {
    const by = this.circumstances.policy.snapshot(this.token.tenantId);
    if (!by) return undefined;
    if (this.policed?.by !== by || this.policed.of !== made) {
      const key = { kind, labels: made.caller.keyLabels, ownerLabels: made.record.labels };
      this.policed = { by, of: made, bounds: keyBounds(by, key), overdue: undefined };
    }
    return this.policed;
  }

  private refuse(reason: DecisionReason): Unauthenticated {
    const { tenantId, own, identity } = this.token;
    const principalId = this.made?.caller.principalId ?? '';
    return refusedToken(reason, { tenantId, principalId, keyId: own?.keyId ?? '', token: identity });
  }
}

function timesOf({ notBefore, keysUntil }: IssuerRecord) {
  const keysUntilMs = keysUntil === null ? Number.POSITIVE_INFINITY : Date.parse(keysUntil);
  return { notBeforeMs: startOf(notBefore), keysUntilMs };
}

function startOf(notBefore: string | null | undefined): number {
  return notBefore == null ? Number.NEGATIVE_INFINITY : Date.parse(notBefore);
}
