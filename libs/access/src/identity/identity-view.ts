import { KeyedPlaces, type Place, type Places } from '#libs/bus';
import {
  ClientRecord,
  CredentialRecord,
  IssuerRecord,
  PLATFORM_TENANT,
  PrincipalRecord,
  splitStateKey,
  teamId,
  TeamRecord,
  TenantRecord,
  WATERMARK_KEY,
} from '#libs/contracts';
import { credentialStatus, type CredentialReader } from './credential-reader.js';
import { CredentialTable } from './credential-table.js';
import { KEY_ID_LENGTH } from './credential-slots.js';
import { credentialRecordOf } from './credential-record-of.js';
import { Directory } from './directory.js';
import { readRecord } from './read-record.js';
import { RecordTable } from './record-table.js';
import { RevocationTable } from './revocation-table.js';
import type { StateChunk } from '../feed/state-chunk.js';
import { UnreadableStateKey } from '../feed/unreadable-state-key.js';
import { exportIdentity, importIdentity } from './identity-snapshot.js';

/** Kinds that other releases or later features put on the topic; kept out of the way, with their places. */
const KEY_FORM = /^[a-z-]+\/[^\s]{1,300}$/;

/** More trusted issuers than these are not known, so their tokens are refused. */
const ISSUERS_MAX = 10_000;
/** The same of clients; about 500 bytes each. */
const CLIENTS_MAX = 100_000;

/**
 * Everything known of callers, in memory: credentials (off the heap), principals, teams, tenants, issuers of tokens, clients
 * and revocations, as the records of `identity.state.v1` say. A record that cannot be read denies what its key names, and
 * nothing else.
 */
export class IdentityView implements Places {
  readonly issuers = new RecordTable(IssuerRecord, ISSUERS_MAX);
  readonly clients = new RecordTable(ClientRecord, CLIENTS_MAX);
  readonly revocations: RevocationTable;
  private readonly others = new KeyedPlaces();
  private unreadableCount = 0;
  private changeCount = 0;

  /** `nowMs`: ms since 1970, by which revocations that concern no living token are forgotten. */
  constructor(
    nowMs: () => number = Date.now,
    readonly directory = new Directory(),
    readonly credentials: CredentialReader = new CredentialTable(),
  ) {
    this.revocations = new RevocationTable(nowMs);
  }

  /** Another number after everything that comes from the bus: what was found true of a caller before is asked again. */
  get changes(): number {
    return this.changeCount;
  }

  /** Applies one verified record; `null` removes the key. Throws {@link UnreadableStateKey}, and nothing else. */
  apply(key: string, value: Buffer | null): void {
    this.changeCount += 1;
    const [kind, id] = splitStateKey(key);
    if (kind === 'credential') this.applyCredential(id, value);
    else if (kind === 'principal') this.applyPrincipal(id, value);
    else if (kind === 'tenant') this.applyEntry(this.directory.tenant(id), TenantRecord, value);
    else if (kind === 'team') this.applyEntry(this.directory.team(id), TeamRecord, value);
    else if (isTable(kind)) this.applyTo(this.tableOf(kind), id, value);
    else if (key !== WATERMARK_KEY && !KEY_FORM.test(key)) throw new UnreadableStateKey();
  }

  get(key: string): Place | undefined {
    const [kind, id] = splitStateKey(key);
    if (kind === 'credential' && id.length === KEY_ID_LENGTH) {
      const slot = this.credentials.find(id);
      return slot < 0 ? this.others.get(key) : this.table.place(slot);
    }
    if (kind === 'principal') return this.directory.knownPrincipal(id)?.place;
    if (kind === 'tenant') return this.directory.knownTenant(id)?.place;
    if (kind === 'team') return this.directory.knownTeam(id)?.place;
    if (isTable(kind)) return this.tableOf(kind).place(id) ?? this.others.get(key);
    return this.others.get(key);
  }

  set(key: string, place: Place, gone: boolean): void {
    // The place of a record that is not read yet denies already.
    this.changeCount += 1;
    const [kind, id] = splitStateKey(key);
    if (kind === 'credential' && id.length === KEY_ID_LENGTH) {
      // The place of a removed key moves to the bounded memory of tombstones; `apply` frees its slot.
      if (gone) this.others.set(key, place, true);
      else this.table.setPlace(id, place);
    } else if (kind === 'principal') this.directory.principal(id).place = place;
    else if (kind === 'tenant') this.directory.tenant(id).place = place;
    else if (kind === 'team') this.setTeamPlace(id, place, gone);
    else if (isTable(kind) && !gone) this.tableOf(kind).setPlace(id, place);
    else this.others.set(key, place, gone);
  }

  /** The principal, whatever its status; undefined where none is known. */
  principal(id: string): PrincipalRecord | undefined {
    return this.directory.knownPrincipal(id)?.record;
  }

  tenant(id: string): TenantRecord | undefined {
    return this.directory.knownTenant(id)?.record;
  }

  /** Whether callers of the tenant are served. `platform` needs no record; every other tenant must have one. */
  tenantIsActive(id: string): boolean {
    const entry = this.directory.knownTenant(id);
    if (!entry?.record) return id === PLATFORM_TENANT && !entry?.unreadable;
    return entry.record.status === 'active';
  }

  /** Whether nobody has stopped the team that owns the account. One that was never stopped has no record. */
  ownerIsActive({ tenantId, ownerTeam }: PrincipalRecord): boolean {
    const entry = ownerTeam === null ? undefined : this.directory.knownTeam(teamId(tenantId, ownerTeam));
    return !entry?.unreadable && (entry?.record?.status ?? 'active') === 'active';
  }

  /** Ids of all tenants that are not deleted. */
  tenants(): string[] {
    return this.directory
      .tenantEntries()
      .filter(({ record }) => record && record.status !== 'deleted')
      .map(({ id }) => id);
  }

  /** The user of that tenant with that address (case does not matter) who is not deleted. */
  principalByEmail(tenantId: string, email: string): PrincipalRecord | undefined {
    return this.directory.byName('user', tenantId, email);
  }

  virtualAccountByName(tenantId: string, name: string): PrincipalRecord | undefined {
    return this.directory.byName('virtual-account', tenantId, name);
  }

  /** The record as it was applied; undefined when the key is unknown or its record was unreadable. Not for hot paths. */
  credential(keyId: string): CredentialRecord | undefined {
    const slot = keyId.length === KEY_ID_LENGTH ? this.credentials.find(keyId) : -1;
    const held = slot < 0 ? undefined : this.credentials.read(slot, keyId);
    return held && credentialRecordOf(this, held);
  }

  /** Keys that can be read, by slot from `from` on, at most `count` looked at; `next` is where to go on. Not for hot paths. */
  keysFrom(from: number, count: number): { keys: CredentialRecord[]; next: number | undefined } {
    const { extent } = this.table;
    const end = Math.min(extent, from + count);
    const keys: CredentialRecord[] = [];
    for (let slot = from; slot < end; slot += 1) {
      const held = this.credentials.readAny(slot);
      const record = held && credentialRecordOf(this, held);
      if (record) keys.push(record);
    }
    return { keys, next: end < extent ? end : undefined };
  }

  /** Every principal whose record can be read, deleted ones too. */
  principals(): PrincipalRecord[] {
    return this.directory.principalEntries().flatMap(({ record }) => record ?? []);
  }

  counts(): { credentials: number; principals: number; tenants: number; revocations: number; unreadable: number } {
    const principals = this.directory.principalEntries().filter(({ record }) => record).length;
    return {
      credentials: this.table.size,
      principals,
      tenants: this.tenants().length,
      revocations: this.revocations.size,
      unreadable: this.unreadableCount,
    };
  }

  /** A consistent copy of everything, for a snapshot file; takes some 40 ms per million keys. No secret is in it. */
  export(): StateChunk[] {
    return exportIdentity(this, this.table);
  }

  /** Into an empty view. Throws when the chunks are not those of `export`. */
  import(chunks: readonly StateChunk[]): void {
    this.noteChange();
    importIdentity(this, chunks, this.table);
  }

  protected noteChange(): void {
    this.changeCount += 1;
  }

  /** Where this thread is the one that writes credentials. */
  private get table(): CredentialTable {
    if (this.credentials instanceof CredentialTable) return this.credentials;
    throw new TypeError('Another thread writes the credentials.');
  }

  private tableOf(kind: TableKind) {
    if (kind === 'revocation') return this.revocations;
    return kind === 'issuer' ? this.issuers : this.clients;
  }

  private applyTo(table: ReturnType<IdentityView['tableOf']>, id: string, value: Buffer | null): void {
    if (value === null) table.remove(id);
    else if (!table.apply(id, value)) this.unreadableCount += 1;
  }

  private applyCredential(keyId: string, value: Buffer | null): void {
    if (keyId.length !== KEY_ID_LENGTH) return; // No key's text can name it.
    if (value === null) return this.table.remove(keyId);
    const slot = this.credentials.find(keyId);
    try {
      const record = CredentialRecord.parse(JSON.parse(value.toString('utf8')));
      if (record.keyId !== keyId) throw new RangeError('The record is of another key.');
      const { directory } = this;
      const owner = directory.principal(record.ownerId).number;
      this.table.put(slot, record, owner, directory.tenant(record.tenantId).number);
    } catch {
      this.unreadableCount += 1;
      if (slot >= 0 && !this.isRevoked(slot)) this.table.deny(slot);
    }
  }

  /** A revoked key needs no further denial, and its record says more than an unreadable one. */
  private isRevoked(slot: number): boolean {
    return this.credentials.readAny(slot)?.status === credentialStatus.revoked;
  }

  private applyPrincipal(id: string, value: Buffer | null): void {
    const entry = this.directory.principal(id);
    const record = this.read(PrincipalRecord, id, value);
    this.directory.putPrincipal(entry, record ?? undefined, record === null);
  }

  private applyEntry<Rec extends { id: string }>(
    entry: { readonly id: string; record: Rec | undefined; unreadable: boolean },
    schema: { parse(value: unknown): Rec },
    value: Buffer | null,
  ): void {
    const record = this.read(schema, entry.id, value);
    entry.record = record ?? undefined;
    entry.unreadable = record === null;
  }

  /** Without a record a team is not stopped; one whose first record has come and was not read yet may be. */
  private setTeamPlace(id: string, place: Place, gone: boolean): void {
    const entry = this.directory.team(id);
    entry.place = place;
    if (!entry.record && !gone) entry.unreadable = true;
  }

  /** Undefined for a tombstone, null for what cannot be read. */
  private read<Rec extends { id: string }>(
    schema: { parse(value: unknown): Rec },
    id: string,
    value: Buffer | null,
  ): Rec | undefined | null {
    if (value === null) return undefined;
    const record = readRecord(schema, value, (read) => read.id === id);
    if (!record) this.unreadableCount += 1;
    return record ?? null;
  }
}

type TableKind = 'issuer' | 'client' | 'revocation';

function isTable(kind: string): kind is TableKind {
  return kind === 'issuer' || kind === 'client' || kind === 'revocation';
}
