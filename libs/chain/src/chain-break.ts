import { chainHash, type ChainedRow } from './chain-hash.js';

/** What makes a stored row comparable to what was hashed; for whoever reads rows in order to check their chain. */
export const CHAIN_READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_decimals: 1,
  output_format_decimal_trailing_zeros: 0,
  date_time_output_format: 'iso',
} as const;

/** Rows of one chain as a `SELECT *` with {@link CHAIN_READ_SETTINGS} gives them: one tenant, topic and table. */
export type StoredRow = ChainedRow & { readonly chain_hash: string };

/**
 * The first row whose hash is not what its columns and the row before it give: it was changed, or something before it
 * was changed, dropped, inserted or moved.
 * @param rows In the order of partition, offset and index.
 * @param head Hash of the row before the first; empty at the beginning of the chain.
 */
export function firstBreak(rows: readonly StoredRow[], head = ''): StoredRow | undefined {
  let former = head;
  return rows.find(({ chain_hash, ...row }) => {
    const isBroken = chainHash(former, row) !== chain_hash;
    former = chain_hash;
    return isBroken;
  });
}
