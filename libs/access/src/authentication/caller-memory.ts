import type { PrincipalRecord, TenantRecord } from '#libs/contracts';
import { keyBounds, type KeyBounds, type TenantSnapshot } from '#libs/decision-engine';
import { isOperator, type PrincipalEntry, type TenantEntry } from '../identity/directory.js';
import type { IdentityView } from '../identity/identity-view.js';
import type { Authenticated } from './caller.js';

/** What follows from a credential's and its owner's record, as long as both are the same. */
export type KnownCaller = {
  /** Offset of the credential's record in its topic: no two records have the same. */
  readonly offset: number;
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
  readonly slot: number;
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

  /** What the records say now. The owner's record may be missing: then `caller` must not be used. */
  of(slot: number): KnownCaller {
    const place = slot % this.places.length;
    const held = this.places[place];
    if (held && held.slot === slot && held.soundAt === this.identity.changes) return held;
    const offset = this.identity.credentials.slots.double(slot, 'offset');
    // Another key's record has another offset, and so has a newer one of this key.
    if (held && held.offset === offset && isCurrent(held)) return held;
    const made = callerOf(this.identity, slot);
    this.places[place] = made;
    return made;
  }
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

function callerOf({ credentials, directory }: IdentityView, slot: number): KnownCaller {
  const { slots } = credentials;
  const principal = directory.principalNumbered(slots.word(slot, 'owner'));
  const tenant = directory.tenantNumbered(slots.word(slot, 'tenant'));
  if (!principal || !tenant) throw new RangeError(`Slot ${slot} names no owner.`);
  const { record } = principal;
  const terms = credentials.termsOf(slot);
  const operator = record !== undefined && isOperator(record);
  const caller: Authenticated = Object.freeze({
    ok: true,
    tenantId: tenant.id,
    principalId: principal.id,
    principalKind: operator ? 'operator' : (record?.kind ?? 'user'),
    operator,
    keyId: slots.id(slot),
    keyKind: credentials.keyKind(slot),
    authMethod: 'api_key',
    principal: principal.engine ?? NOBODY,
    restrictions: terms?.compiled,
    keyLabels: terms?.labels ?? {},
    tenantLabels: tenant.record?.labels ?? {},
    issuedAtMs: slots.double(slot, 'issuedAtMs'),
  });
  const rare = credentials.rareOf(slot);
  const notBeforeMs = rare?.notBeforeMs ?? Number.NEGATIVE_INFINITY;
  const bornMs = rare?.rotatedAt == null ? caller.issuedAtMs : Date.parse(rare.rotatedAt);
  const unasked = { overdue: undefined, policy: undefined, bounds: undefined, soundAt: -1 };
  const [offset, soundUntilMs] = [slots.double(slot, 'offset'), slots.double(slot, 'expiresAtMs')];
  const made = { principal, tenant, record, tenantRecord: tenant.record, caller };
  return { slot, offset, notBeforeMs, soundUntilMs, bornMs, ...made, ...unasked };
}

/** Stands where an owner's record is missing, so that even a mistake grants nothing: it is in no tenant. */
const NOBODY = Object.freeze({ id: '', kind: 'user', tenant: '', teams: [], groups: [], labels: {} } as const);
