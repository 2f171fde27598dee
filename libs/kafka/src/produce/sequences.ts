const SEQUENCE_MAX = 0x7fff_ffff;

/** The sequence number `count` records after `sequence`; after the highest comes 0. */
export function sequenceAfter(sequence: number, count: number): number {
  return sequence > SEQUENCE_MAX - count ? count - (SEQUENCE_MAX - sequence) - 1 : sequence + count;
}
