import { z } from 'zod';

const Place = z.strictObject({ partition: z.int(), offset: z.int(), index: z.int() });
const ChainName = { table: z.enum(['decisions', 'calls', 'changes']), topic: z.string() };

/** Up to where a tenant's rows are vouched for, and by which key. */
export const ShownChain = z
  .strictObject({
    object: z.literal('chain'),
    tenant_id: z.string(),
    key: z.strictObject({ key_id: z.string(), algorithm: z.literal('Ed25519'), public_key: z.string() }),
    /** The last one, as it was signed and published; null before the first. */
    checkpoint: z.looseObject({ number: z.int(), at: z.string(), signature: z.string() }).nullable(),
    signed: z.array(z.strictObject({ ...ChainName, up_to: Place, head: z.string() })),
    /** Rows that do not follow from the one before: nothing behind them is signed. */
    broken: z.array(z.strictObject({ ...ChainName, offset: z.int() })),
  })
  .meta({ id: 'Chain' });

const Fault = z.strictObject({
  kind: z.enum(['changed', 'dropped', 'inserted', 'reordered', 'changed_or_dropped', 'rewritten']),
  place: Place,
  id: z.string(),
  day: z.string(),
});
const SeriesFault = z.strictObject({
  kind: z.enum(['checkpoint_missing', 'checkpoint_forged', 'checkpoint_unlinked', 'checkpoint_twice']),
  number: z.int(),
});

/** What was found of a tenant's rows since a day. */
export const ShownVerification = z
  .strictObject({
    object: z.literal('chain_verification'),
    tenant_id: z.string(),
    from: z.string(),
    sound: z.boolean(),
    checkpoints: z.int(),
    signed_at: z.string().nullable(),
    fault: SeriesFault.nullable(),
    chains: z.array(z.strictObject({ ...ChainName, rows: z.int(), signed_rows: z.int(), fault: Fault.nullable() })),
  })
  .meta({ id: 'ChainVerification' });
