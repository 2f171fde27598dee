import { createHash } from 'node:crypto';
import { canonicalize } from 'json-canonicalize';

/** Version of the canonical form that hashes are taken over. It is a column too, and so part of what is hashed. */
export const CHAIN_VERSION = 1;

/** A row as the stored columns are read: 64-bit integers as numbers, decimals as text, times as RFC 3339. */
export type ChainedRow = Readonly<Record<string, unknown>>;

/**
 * The hash of a row: SHA-256, hex, over the hash of the row before it in the chain (empty for the first) and the RFC
 * 8785 form of all its columns but `chain_hash`, each on a line.
 */
export function chainHash(former: string, row: ChainedRow): string {
  return createHash('sha256')
    .update(`${former}\n${canonicalize(row)}`)
    .digest('hex');
}
