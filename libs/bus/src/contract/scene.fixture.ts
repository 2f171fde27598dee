import type { Bus, OutgoingRecord } from '#libs/bus';

/** What the suite needs of an implementation: buses over one and the same log, and an operator's hand on it. */
export type BusUnderTest = {
  /** Another client of the same log; closed by the suite. */
  readonly open: () => Bus;
  readonly freshName: (prefix: string) => string;
  readonly deleteTopic: (topic: string) => Promise<void>;
};

/** What each test gets. */
export type ContractScene = BusUnderTest & {
  readonly bus: Bus;
  /** Creates a topic that nobody else has. */
  readonly topic: (partitions?: number) => Promise<string>;
};

/** `count` records for one partition, whose values are their numbers. */
export function numbered(topic: string, count: number, from = 0, partition = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => ({ topic, partition, key: `k${from + i}`, value: String(from + i) }));
}

/** The values of {@link numbered} records. */
export function numbersOf(records: readonly { readonly value: Buffer | null }[]): number[] {
  return records.map(({ value }) => Number(value?.toString()));
}

/** 0, 1, … count - 1. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
