import type { DecisionReason, KeyKind } from '#libs/contracts';
import { credentialStatus, type CredentialReader } from '../identity/credential-reader.js';
import type { IdentityView } from '../identity/identity-view.js';
import { isKeyText, keyIdRange } from '../keys/key-text.js';
import type { Peppers } from '../keys/peppers.js';
import type { PolicyView } from '../policy/policy-view.js';
import type { Authenticated, Unauthenticated } from './caller.js';
import { boundsOf, CallerMemory, overdueCaller, type KnownCaller } from './caller-memory.js';
import { faultOfAge, overdueRule } from './key-age.js';
import { provesUntilMs } from './prove-secret.js';
import { RecentTexts } from './recent-texts.js';

export type AuthenticatorOptions = {
  readonly identity: IdentityView;
  readonly peppers: Peppers;
  /** Where the tenants' KeyPolicies are. */
  readonly policy: Pick<PolicyView, 'snapshot'>;
  /** Kinds of keys that are accepted; any other is refused as if it were wrong. Gateways do not list `svc`. */
  readonly accepts: readonly KeyKind[];
  /** Callers that are kept ready; 65,536 unless given, at about 350 bytes each. */
  readonly callersMax?: number;
};

const CALLERS_MAX = 65_536;
const MALFORMED: Unauthenticated = Object.freeze({
  ok: false,
  code: 'invalid_api_key',
  reason: 'key_malformed',
  tenantId: '',
  keyId: '',
  principalId: '',
});

/** While nothing at all has come from the bus since the key was looked at, its dates alone can have changed. */
function isSound({ soundAt, notBeforeMs, soundUntilMs }: KnownCaller, changes: number, nowMs: number): boolean {
  return soundAt === changes && nowMs >= notBeforeMs && nowMs < soundUntilMs;
}

/** The table may be written by another thread: what was learned of a key holds while its record is the same. */
function isStill({ slot, sequence }: KnownCaller, credentials: CredentialReader): boolean {
  return credentials.sequence(slot) === sequence;
}

/**
 * From a key's text to its caller. The MAC is computed once per text and remembered by the SHA-256 of all of it, and
 * whose it is for as long as nothing comes from the bus (`RecentTexts`); status,
 * dates, owner and tenant are as the newest record says in every call. Every text of a key's form that is not remembered costs two MACs,
 * whether or not its id is known.
 */
export class Authenticator {
  private readonly callers: CallerMemory;
  private readonly recent: RecentTexts;
  private readonly accepts: ReadonlySet<KeyKind>;

  constructor(private readonly options: AuthenticatorOptions) {
    const callersMax = options.callersMax ?? CALLERS_MAX;
    this.callers = new CallerMemory(options.identity, callersMax);
    this.recent = new RecentTexts(callersMax);
    this.accepts = new Set(options.accepts);
  }

  /** `nowMs`: ms since 1970. Never throws. Under 1 µs for a key that was seen before. */
  authenticate(text: string, nowMs: number): Authenticated | Unauthenticated {
    const { identity } = this.options;
    const { credentials } = identity;
    const seen = this.recent.find(text);
    if (seen && isSound(seen, identity.changes, nowMs) && isStill(seen, credentials)) {
      return this.byPolicy(text, seen, nowMs);
    }
    if (!isKeyText(text)) return MALFORMED;
    // Another round only where the record became another meanwhile.
    for (;;) {
      const slot = credentials.find(text, keyIdRange.start);
      const known = slot < 0 ? undefined : this.callers.of(slot, text);
      if (slot >= 0 && !known) continue;
      const answer = this.answer(text, known, nowMs);
      if (!known || isStill(known, credentials)) return answer;
    }
  }

  /** By what is known of the key with that id. */
  private answer(text: string, known: KnownCaller | undefined, nowMs: number): Authenticated | Unauthenticated {
    const { identity, peppers } = this.options;
    const untilMs = provesUntilMs(text, known, identity.credentials, peppers);
    if (!known) return refused(text, undefined, 'key_unknown');
    if (untilMs === undefined) return refused(text, known, 'key_mac_mismatch');
    if (!isSound(known, identity.changes, nowMs) || nowMs >= untilMs) {
      const reason = this.faultOfKey(known, untilMs, nowMs) ?? this.faultOfOwner(known);
      if (reason) return refused(text, known, reason);
      known.soundAt = identity.changes;
    }
    // A former secret ends by itself, before its key does.
    if (untilMs === Number.POSITIVE_INFINITY) this.recent.keep(known);
    return this.byPolicy(text, known, nowMs);
  }

  /** A good key, by what its tenant's policy says of its age. Where no policy can be relied on, nobody decides anything. */
  private byPolicy(text: string, known: KnownCaller, nowMs: number): Authenticated | Unauthenticated {
    const bounds = boundsOf(known, this.options.policy.snapshot(known.tenant.id));
    if (!bounds) return known.caller;
    const { credentials } = this.options.identity;
    const { bornMs, slot } = known;
    const fault = faultOfAge(bounds, { bornMs, usedMs: credentials.usedMs(slot) }, nowMs);
    if (fault) return { ...refused(text, known, fault.reason), appliedRules: [fault.rule] };
    if (bounds.idle) credentials.noteUse(slot, nowMs);
    const overdue = overdueRule(bounds, bornMs, nowMs);
    return overdue === undefined ? known.caller : overdueCaller(known, overdue);
  }

  /** The first thing wrong with a key whose secret was right. */
  private faultOfKey(known: KnownCaller, untilMs: number, nowMs: number): DecisionReason | undefined {
    const { status } = known;
    if (status === credentialStatus.revoked) return 'key_revoked';
    if (status === credentialStatus.suspended) return 'key_suspended';
    // Unreadable: what stood there may have been a revocation.
    if (status !== credentialStatus.active) return 'internal_error';
    if (nowMs >= untilMs) return 'key_superseded';
    if (nowMs < known.notBeforeMs) return 'key_not_yet_valid';
    // Written so that a date which could not be read counts as passed.
    if (!(nowMs < known.soundUntilMs)) return 'key_expired';
    return this.accepts.has(known.kind) ? undefined : 'key_kind_not_accepted';
  }

  private faultOfOwner({ principal, tenant, record, ownerEpoch }: KnownCaller): DecisionReason | undefined {
    if (!record) return principal.unreadable ? 'internal_error' : 'principal_missing';
    if (record.tenantId !== tenant.id || record.status === 'deleted') return 'principal_missing';
    if (record.status !== 'active') return 'principal_suspended';
    if (record.epoch !== ownerEpoch) return 'principal_epoch_mismatch';
    if (!this.options.identity.ownerIsActive(record)) return 'team_suspended';
    return this.options.identity.tenantIsActive(tenant.id) ? undefined : 'tenant_suspended';
  }
}

function refused(text: string, known: KnownCaller | undefined, reason: DecisionReason): Unauthenticated {
  const keyId = text.slice(keyIdRange.start, keyIdRange.end);
  // Of a key that never had a readable record, nothing is known of whose it is.
  const [tenantId, principalId] = known?.isRead ? [known.tenant.id, known.principal.id] : ['', ''];
  return { ok: false, code: 'invalid_api_key', reason, tenantId, keyId, principalId };
}
