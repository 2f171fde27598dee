/**
 * Decides, after a restore, about a key whose topic says something else than the restored tables. `found` is the last
 * valid record of the topic (null: a tombstone), `held` what the tables say (undefined: nothing). Answers the record
 * that is to hold from now on (null: a tombstone) when `found` is narrower: revoked, suspended, deleted; undefined to
 * leave it to the tables.
 */
export type Adopt = (
  found: { readonly topic: string; readonly key: string; readonly record: object | null },
  held: object | undefined,
) => object | null | undefined;
