import type { PrincipalRecord } from '#libs/contracts';
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
  readonly caller: Authenticated;
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
    const offset = this.identity.credentials.slots.double(slot, 'offset');
    // Another key's record has another offset, and so has a newer one of this key.
    if (held && held.offset === offset && held.record === held.principal.record) return held;
    const made = callerOf(this.identity, slot);
    this.places[place] = made;
    return made;
  }
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
    issuedAtMs: slots.double(slot, 'issuedAtMs'),
  });
  const notBeforeMs = credentials.rareOf(slot)?.notBeforeMs ?? Number.NEGATIVE_INFINITY;
  return { offset: slots.double(slot, 'offset'), notBeforeMs, principal, tenant, record, caller };
}

/** Stands where an owner's record is missing, so that even a mistake grants nothing: it is in no tenant. */
const NOBODY = Object.freeze({ id: '', kind: 'user', tenant: '', teams: [], groups: [], labels: {} } as const);
