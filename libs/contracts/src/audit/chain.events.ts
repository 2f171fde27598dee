import { defineEvent } from '#libs/decider';
import { z } from 'zod';

/** Most segments of one checkpoint: so many chains and days of a tenant had new rows. */
export const CHAIN_SEGMENTS_MAX = 1_000;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const FormerHash = z.union([Hash, z.literal('')]);

/** Where a row of a chain stands; a chain goes in the order of partition, offset and index. */
export const ChainPlace = z.strictObject({ partition: z.int(), offset: z.int(), index: z.int() });
export type ChainPlace = z.output<typeof ChainPlace>;

/** Consecutive rows of one chain, all taken by the broker on one day: what expires together is signed together. */
export const ChainSegment = z.strictObject({
  table: z.enum(['decisions', 'calls', 'changes']),
  topic: z.string(),
  /** UTC, of `appended_at`. */
  day: z.iso.date(),
  rows: z.int().min(1),
  first: ChainPlace,
  last: ChainPlace,
  /** Hash of the row before the first; '' at the beginning of the chain. */
  former: FormerHash,
  /** Hash of the last. */
  head: Hash,
});
export type ChainSegment = z.output<typeof ChainSegment>;

/**
 * What audit vouches for: that it read these rows, and that each follows from the one before it. Stream
 * `audit.chain-<tenantId>`, `audit.chain-~` for rows of no tenant, whose `tenantId` is ''. `number` is dense from 1 on, and
 * `former` the digest of the checkpoint before, so that none can be left out. See `libs/chain` for what is signed.
 */
export const ChainCheckpointed = defineEvent(
  'audit.chain.checkpointed',
  z.strictObject({
    tenantId: z.string(),
    number: z.int().min(1),
    at: z.iso.datetime(),
    former: FormerHash,
    segments: z.array(ChainSegment).min(1).max(CHAIN_SEGMENTS_MAX),
    /** Which key signed it. */
    keyId: z.string(),
    /** Ed25519, base64url. */
    signature: z.string(),
  }),
);
export type SignedCheckpoint = z.output<typeof ChainCheckpointed.schema>;
export type Checkpoint = Omit<SignedCheckpoint, 'signature' | 'keyId'>;

export const chainEvents = [ChainCheckpointed] as const;
export type ChainEvent = ReturnType<(typeof chainEvents)[number]['of']>;
