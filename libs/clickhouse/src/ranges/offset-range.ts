/** A piece of one partition: every record from offset `first` to `last`, both included. */
export type OffsetRange = {
  readonly topic: string;
  readonly partition: number;
  readonly first: bigint;
  readonly last: bigint;
};

/** What is committed beside the unchanged offset before a range is sent. */
export function rangeMetadata({ first, last }: Pick<OffsetRange, 'first' | 'last'>): string {
  return `${first}-${last}`;
}

/** The same for every attempt at a range, whoever makes it; so the second one changes nothing. */
export function rangeToken({ topic, partition, first, last }: OffsetRange): string {
  return `${topic}/${partition}/${first}-${last}`;
}

/**
 * The range that commit metadata name; undefined for none.
 * @throws RangeError for metadata that this protocol has not written: somebody else commits for this group.
 */
export function readRangeMetadata(metadata: string | null | undefined): { first: bigint; last: bigint } | undefined {
  if (!metadata) return undefined;
  const [, first, last] = /^(\d{1,19})-(\d{1,19})$/.exec(metadata) ?? [];
  if (first === undefined || last === undefined || BigInt(first) > BigInt(last)) {
    throw new RangeError(`not the metadata of a range: ${JSON.stringify(metadata.slice(0, 80))}`);
  }
  return { first: BigInt(first), last: BigInt(last) };
}
