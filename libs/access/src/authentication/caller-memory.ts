import type { PrincipalRecord } from '#libs/contracts';
import { isOperator, type PrincipalEntry, type TenantEntry } from '../identity/directory.js';
import type { IdentityView } from '../identity/identity-view.js';
import type { Authenticated } from './caller.js';

/** What follows from a credential's and its owner's record, as long as both are the same. */
export type KnownCaller = {
  /** Offset of the credential's record: another one makes this worthless. */
  readonly offset: number;
  readonly notBeforeMs: number;
  readonly principal: PrincipalEntry;
  readonly tenant: TenantEntry;
  /** The owner's record that `caller` was made from. */
  readonly record: PrincipalRecord | undefined;
  readonly caller: Authenticated;
};

/** Callers by slot, so that a request allocates nothing. Bounded; the oldest makes room, and is made again when it comes. */
export class CallerMemory {
  private readonly entries = new Map<number, KnownCaller>();

  constructor(
    private readonly identity: IdentityView,
    private readonly entriesMax: number,
  ) {}

  /** What the records say now. The owner's record may be missing: then `caller` must not be used. */
  of(slot: number): KnownCaller {
    const entry = this.entries.get(slot);
    const offset = this.identity.credentials.slots.double(slot, 'offset');
    if (entry && entry.offset === offset && entry.record === entry.principal.record) return entry;
    if (!entry && this.entries.size >= this.entriesMax) this.dropOldest();
    const made = callerOf(this.identity, slot);
    this.entries.set(slot, made);
    return made;
  }

  get size(): number {
    return this.entries.size;
  }

  private dropOldest(): void {
    const oldest = this.entries.keys().next().value;
    if (oldest !== undefined) this.entries.delete(oldest);
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
