import type { CredentialTable } from './credential-table.js';
import type { Directory } from './directory.js';

/** What a view of identity holds. */
export type IdentityContent = { readonly credentials: CredentialTable; readonly directory: Directory };
