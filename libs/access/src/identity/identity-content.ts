import type { ClientRecord, IssuerRecord } from '#libs/contracts';
import type { CredentialReader } from './credential-reader.js';
import type { Directory } from './directory.js';
import type { RecordTable } from './record-table.js';
import type { RevocationTable } from './revocation-table.js';

/** What a view of identity holds. */
export type IdentityContent = {
  readonly credentials: CredentialReader;
  readonly directory: Directory;
  readonly issuers: RecordTable<IssuerRecord>;
  readonly clients: RecordTable<ClientRecord>;
  readonly revocations: RevocationTable;
};
