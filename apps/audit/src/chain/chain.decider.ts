import { ChainCheckpointed, type ChainEvent, type SignedCheckpoint } from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';

/**
 * The last checkpoint, where each chain is signed up to, by `<table>/<topic>`, and below which offset the numbers of a
 * partition's writers are stated, by `<topic>/<partition>`.
 */
export type ChainState = {
  readonly last: SignedCheckpoint | undefined;
  readonly ends: Readonly<Record<string, SignedCheckpoint['segments'][number]>>;
  readonly written: Readonly<Record<string, number>>;
};
export type PublishCheckpoint = { type: 'PublishCheckpoint'; checkpoint: SignedCheckpoint };

export const chainKey = ({ table, topic }: { table: string; topic: string }) => `${table}/${topic}`;
export const partitionKey = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`;

/** The checkpoints of a tenant, one after the other. */
export const chainDecider: Decider<ChainState, PublishCheckpoint, ChainEvent> = {
  initialState: () => ({ last: undefined, ends: {}, written: {} }),

  evolve: ({ ends, written }, { data }) => {
    const moved = data.segments.map((segment) => [chainKey(segment), segment] as const);
    const stated = data.written.map((partition) => [partitionKey(partition), partition.end] as const);
    return {
      last: data,
      ends: { ...ends, ...Object.fromEntries(moved) },
      written: { ...written, ...Object.fromEntries(stated) },
    };
  },

  decide: ({ checkpoint }, { last, ends, written }) => {
    if (checkpoint.number !== (last?.number ?? 0) + 1) {
      throw new DomainError('chain/not-next', 'Another checkpoint has been signed meanwhile.');
    }
    const reached = new Map(Object.entries(ends).map(([key, { head }]) => [key, head]));
    for (const segment of checkpoint.segments) {
      // What is between two segments would be vouched for by nobody.
      if (segment.former !== (reached.get(chainKey(segment)) ?? '')) {
        throw new DomainError('chain/not-next', 'A segment does not begin where the one before it ends.');
      }
      reached.set(chainKey(segment), segment.head);
    }
    if (checkpoint.written.some((each) => each.end <= (written[partitionKey(each)] ?? 0))) {
      throw new DomainError('chain/not-next', 'Numbers that are stated already are stated again.');
    }
    return [ChainCheckpointed.of(checkpoint)];
  },
};
