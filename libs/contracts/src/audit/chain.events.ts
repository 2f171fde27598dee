import { defineEvent } from '#libs/decider';
import { z } from 'zod';

/** Most segments of one checkpoint: so many chains and days of a tenant had new rows. */
export const CHAIN_SEGMENTS_MAX = 1_000;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const FormerHash = z.union([Hash, z.literal('')]);

/** Where a row of a chain stands; a chain goes in the order of partition, offset and index. */
export const ChainPlace = z.strictObject({ partition: z.int(), offset: z.int(), index: z.int() });
export type ChainPlace = z.output<typeof ChainPlace>;

/** Most writers that one checkpoint states the numbers of; further ones come with the next. */
export const CHECKPOINT_WRITERS_MAX = 1_000;

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

/** Every number above `after` up to `upTo` is stored of what one boot of a replica wrote to a partition. */
const WrittenNumbers = z.strictObject({
  replica: z.string(),
  boot: z.string(),
  after: z.int().min(0),
  upTo: z.int().min(1),
});

/** What was stored of one partition since it was last stated: how far each writer got, in `decisions` and `calls` together. */
const WrittenPartition = z.strictObject({
  topic: z.string(),
  partition: z.int(),
  /** Offsets below it are stated, in this checkpoint or one before. */
  end: z.int(),
  /** UTC; no row of these numbers was taken by the broker on an earlier day, and so none expires before it. */
  since: z.iso.date(),
  writers: z.array(WrittenNumbers),
});
export type WrittenPartition = z.output<typeof WrittenPartition>;

/**
 * What audit vouches for: that it read these rows, and that each follows from the one before it. Stream
 * `audit.chain-<tenantId>`, `audit.chain-~` for rows of no tenant, whose `tenantId` is ''. `number` is dense from 1 on, and
 * `former` the digest of the checkpoint before, so that none can be left out. See `libs/chain` for what is signed.
 * Numbers are dense over all tenants, so those of '' alone state how far each writer got: no tenant is told of another.
 */
export const ChainCheckpointed = defineEvent(
  'audit.chain.checkpointed',
  z.strictObject({
    tenantId: z.string(),
    number: z.int().min(1),
    at: z.iso.datetime(),
    former: FormerHash,
    segments: z.array(ChainSegment).max(CHAIN_SEGMENTS_MAX),
    /** Left out by the first version, copies of which stand in tables and files for ever. */
    written: z.array(WrittenPartition).default([]),
    /** Which key signed it. */
    keyId: z.string(),
    /** Ed25519, base64url. */
    signature: z.string(),
  }),
  // v1 → v2: numbers of writers were not stated.
  [(checkpoint: object) => ({ ...checkpoint, written: [] })],
);
export type SignedCheckpoint = z.output<typeof ChainCheckpointed.schema>;
export type Checkpoint = Omit<SignedCheckpoint, 'signature' | 'keyId'>;

export const chainEvents = [ChainCheckpointed] as const;
export type ChainEvent = ReturnType<(typeof chainEvents)[number]['of']>;
