import type { KeyKind, PrincipalRecord, TenantRecord } from '#libs/contracts';
import { keyBounds, type KeyBounds, type TenantSnapshot } from '#libs/decision-engine';
import { isOperator, type PrincipalEntry, type TenantEntry } from '../identity/directory.js';
import type { Credential } from '../identity/credential-reader.js';
import type { IdentityView } from '../identity/identity-view.js';
import type { FormerSecret } from '../identity/key-terms.js';
import { keyIdRange } from '../keys/key-text.js';
import type { Authenticated } from './caller.js';
import { bornMsOf } from './key-age.js';

/** What follows from a credential's and its owner's record, as long as both are the same. */
export type KnownCaller = {
  readonly slot: number;
  /** The credential's record is the one that this was made from for as long as its slot has this number. */
  readonly sequence: number;
  readonly status: number;
  readonly kind: KeyKind;
  readonly pepperVersion: number;
  readonly former: FormerSecret | undefined;
  /** Whether any record of the key could be read; if not, nobody knows whose it is. */
  readonly isRead: boolean;
  readonly ownerEpoch: number;
  readonly notBeforeMs: number;
  readonly principal: PrincipalEntry;
  readonly tenant: TenantEntry;
  /** The owner's record that `caller` was made from. */
  readonly record: PrincipalRecord | undefined;
  /** The same of the tenant's. */
  readonly tenantRecord: TenantRecord | undefined;
  readonly caller: Authenticated;
  /** When the key's present text was made, ms since 1970: what its age is counted from. */
  readonly bornMs: number;
  /** Nothing was wrong with key and owner at that count of changes, and by itself nothing will be until then. */
  soundAt: number;
  readonly soundUntilMs: number;
  /** The same caller, once the key's policy says that it should have been rotated. */
  overdue: Authenticated | undefined;
  /** What the key's policy says, and the snapshot that said so. */
  policy: TenantSnapshot | undefined;
  bounds: KeyBounds | undefined;
};

/**
 * Callers by slot, so that a request allocates nothing. Slots are dense, so a plain array holds one caller in each of its
 * places; where there are more keys than places, the one that comes takes the place of the one before.
 */
export class CallerMemory {
  private readonly places: (KnownCaller | undefined)[];

  constructor(
    private readonly identity: IdentityView,
    placesMax: number,
  ) {
    this.places = Array.from({ length: placesMax }, () => undefined);
  }

  /**
   * What the records say now of the key whose id stands in `text`; undefined where the slot is another's by now. The
   * owner's record may be missing: then `caller` must not be used.
   */
  of(slot: number, text: string): KnownCaller | undefined {
    const place = slot % this.places.length;
    const held = this.places[place];
    const { identity } = this;
    if (held?.slot === slot && held.sequence === identity.credentials.sequence(slot) && isOf(held, text)) {
      if (held.soundAt === identity.changes || isCurrent(held)) return held;
    }
    const credential = identity.credentials.read(slot, text, keyIdRange.start);
    return credential && (this.places[place] = callerOf(identity, credential));
  }
}

function isOf({ caller }: KnownCaller, text: string): boolean {
  return text.startsWith(caller.keyId, keyIdRange.start);
}

function isCurrent({ record, principal, tenantRecord, tenant }: KnownCaller): boolean {
  return record === principal.record && tenantRecord === tenant.record;
}

/** How old and how idle the key may get by the policy of this moment; asked anew only when that is another one. */
export function boundsOf(known: KnownCaller, policy: TenantSnapshot | undefined): KeyBounds | undefined {
  if (known.policy === policy) return known.bounds;
  const { keyKind: kind, keyLabels: labels, principal } = known.caller;
  known.policy = policy;
  known.overdue = undefined;
  known.bounds = policy && keyBounds(policy, { kind, labels, ownerLabels: principal.labels });
  return known.bounds;
}

/** The caller with the rule that the key is overdue by. */
export function overdueCaller(known: KnownCaller, rule: string): Authenticated {
  known.overdue ??= Object.freeze({ ...known.caller, appliedRules: Object.freeze([rule]) });
  return known.overdue;
}

function callerOf({ directory }: IdentityView, credential: Credential): KnownCaller {
  const { slot, sequence, status, terms, rare } = credential;
  const principal = terms ? directory.principalNumbered(credential.owner) : UNKNOWN;
  const tenant = terms ? directory.tenantNumbered(credential.tenant) : UNKNOWN;
  if (!principal || !tenant) throw new RangeError(`Slot ${slot} names no owner.`);
  const { record } = principal;
  const operator = record !== undefined && isOperator(record);
  const caller: Authenticated = Object.freeze({
    ok: true,
    tenantId: tenant.id,
    principalId: principal.id,
    principalKind: operator ? 'operator' : (record?.kind ?? 'user'),
    operator,
    keyId: credential.keyId,
    keyKind: credential.kind,
    authMethod: 'api_key',
    principal: principal.engine ?? NOBODY,
    restrictions: terms?.compiled,
    keyLabels: terms?.labels ?? {},
    tenantLabels: tenant.record?.labels ?? {},
    issuedAtMs: credential.issuedAtMs,
  });
  const notBeforeMs = rare?.notBeforeMs ?? Number.NEGATIVE_INFINITY;
  const unasked = { overdue: undefined, policy: undefined, bounds: undefined, soundAt: -1 };
  const { expiresAtMs: soundUntilMs, ownerEpoch, pepperVersion, kind } = credential;
  const [former, isRead] = [rare?.former ?? undefined, terms !== undefined];
  const key = { slot, sequence, status, kind, pepperVersion, former, isRead };
  const made = { ownerEpoch, principal, tenant, record, tenantRecord: tenant.record, caller };
  return { ...key, notBeforeMs, soundUntilMs, bornMs: bornMsOf(credential), ...made, ...unasked };
}

/** Whose a key is of which no record could ever be read. */
const UNKNOWN = Object.freeze({
  id: '',
  number: -1,
  record: undefined,
  unreadable: true,
  place: undefined,
  engine: undefined,
});

/** Stands where an owner's record is missing, so that even a mistake grants nothing: it is in no tenant. */
const NOBODY = Object.freeze({ id: '', kind: 'user', tenant: '', teams: [], groups: [], labels: {} } as const);
