import type { Place } from '#libs/bus';
import type { ClientRecord, IssuerRecord, PrincipalRecord, TeamRecord, TenantRecord } from '#libs/contracts';
import type { CredentialTable, CredentialTableState } from './credential-table.js';
import { plainPlace, readPlace, type PlainPlace } from '../feed/plain-place.js';
import type { StateChunk } from '../feed/state-chunk.js';
import type { IdentityContent } from './identity-content.js';
import type { PlainTable } from './record-table.js';
import type { PlainRevocations } from './revocation-table.js';

type PlainEntry<Rec> = { id: string; record?: Rec | undefined; unreadable: boolean; place: PlainPlace };
type Plain = {
  version: typeof IDENTITY_FORMAT;
  credentials: Omit<CredentialTableState, 'pages'>;
  principals: PlainEntry<PrincipalRecord>[];
  tenants: PlainEntry<TenantRecord>[];
  teams: PlainEntry<TeamRecord>[];
  issuers: PlainTable<IssuerRecord>;
  clients: PlainTable<ClientRecord>;
  revocations: PlainRevocations;
};

/** Raised with every kind of record that joins, and with the form of a slot: what a former release wrote is not believed. */
export const IDENTITY_FORMAT = 5;

/** See `IdentityView.export`. Places of keys that nobody here reads are left out: their records are applied to nothing. */
export function exportIdentity(view: IdentityContent, table: CredentialTable): StateChunk[] {
  const { pages, ...credentials } = table.export();
  const plain: Plain = {
    version: IDENTITY_FORMAT,
    credentials,
    principals: view.directory.principalEntries().map(plainEntry),
    tenants: view.directory.tenantEntries().map(plainEntry),
    teams: view.directory.teamEntries().map(plainEntry),
    issuers: view.issuers.export(),
    clients: view.clients.export(),
    revocations: view.revocations.export(),
  };
  const json = Buffer.from(JSON.stringify(plain));
  return [{ name: 'identity', bytes: json }, ...pages.map((bytes) => ({ name: 'identity/credentials', bytes }))];
}

/** See `IdentityView.import`. Without a table: everything but the credentials, which another thread takes in. */
export function importIdentity(
  view: IdentityContent,
  chunks: readonly StateChunk[],
  table: CredentialTable | undefined,
): void {
  const json = chunks.find(({ name }) => name === 'identity');
  if (!json) throw new RangeError('The snapshot holds nothing of identity.');
  const plain = JSON.parse(json.bytes.toString('utf8')) as Plain;
  if (plain.version !== IDENTITY_FORMAT) throw new RangeError('The snapshot is of another version.');
  const pages = chunks.filter(({ name }) => name === 'identity/credentials').map(({ bytes }) => bytes);
  table?.import({ ...plain.credentials, pages });
  for (const { id, record, unreadable, place } of plain.principals) {
    const entry = view.directory.principal(id);
    view.directory.putPrincipal(entry, record, unreadable);
    entry.place = readPlace(place);
  }
  for (const { id, record, unreadable, place } of plain.tenants) {
    Object.assign(view.directory.tenant(id), { record, unreadable, place: readPlace(place) });
  }
  for (const { id, record, unreadable, place } of plain.teams) {
    Object.assign(view.directory.team(id), { record, unreadable, place: readPlace(place) });
  }
  view.issuers.import(plain.issuers);
  view.clients.import(plain.clients);
  view.revocations.import(plain.revocations);
}

function plainEntry<Rec>({
  id,
  record,
  unreadable,
  place,
}: {
  id: string;
  record: Rec | undefined;
  unreadable: boolean;
  place: Place | undefined;
}): PlainEntry<Rec> {
  return { id, record, unreadable, place: plainPlace(place) };
}
