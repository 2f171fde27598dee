/** Entries that one bucket holds before there are twice as many buckets. */
const BUCKET_ENTRIES_MAX = 32;

type Bucket<Value> = ReadonlyMap<string, Value>;
const NO_ENTRIES: Bucket<never> = new Map<string, never>();

/** One difference between two maps; `before` or `after` is undefined where the key was not there. */
export type Difference<Value> = readonly [key: string, before: Value | undefined, after: Value | undefined];

/**
 * A map that never changes: `begin` leads to another one that shares every bucket in which nothing was put or taken out. A
 * change of one entry among n copies one bucket and a list of n / 32 of them, whatever n is; and what differs between a
 * map and one made from it is found by looking at the buckets that they do not share.
 */
export class PersistentMap<Value> {
  private constructor(
    private readonly buckets: readonly Bucket<Value>[],
    readonly size: number,
  ) {}

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>([NO_ENTRIES], 0);
  }

  static of<Value>(entries: Iterable<readonly [string, Value]>): PersistentMap<Value> {
    const edit = PersistentMap.empty<Value>().begin();
    for (const [key, value] of entries) edit.set(key, value);
    return edit.done();
  }

  get(key: string): Value | undefined {
    return this.buckets[bucketOf(key, this.buckets.length)]?.get(key);
  }

  has(key: string): boolean {
    return this.buckets[bucketOf(key, this.buckets.length)]?.has(key) === true;
  }

  set(key: string, value: Value): PersistentMap<Value> {
    const edit = this.begin();
    edit.set(key, value);
    return edit.done();
  }

  delete(key: string): PersistentMap<Value> {
    const edit = this.begin();
    edit.delete(key);
    return edit.done();
  }

  /** Begins any number of changes at once; `edit.done()` is the map with them. */
  begin(): MapEdit<Value> {
    const made = (buckets: readonly Bucket<Value>[], size: number) =>
      buckets === this.buckets ? this : new PersistentMap(buckets, size);
    return new MapEdit(this.buckets, this.size, made);
  }

  *entries(): Generator<readonly [key: string, value: Value]> {
    for (const bucket of this.buckets) yield* bucket;
  }

  *values(): Generator<Value> {
    for (const bucket of this.buckets) yield* bucket.values();
  }

  /** What is otherwise in `after`, values being compared as references. */
  *differences(after: PersistentMap<Value>): Generator<Difference<Value>> {
    if (after === this) return;
    if (after.buckets.length !== this.buckets.length) {
      yield* differing(this, after, this.entries(), after.entries());
      return;
    }
    for (let n = 0; n < this.buckets.length; n++) {
      const [old, now] = [this.buckets[n], after.buckets[n]];
      if (old && now && old !== now) yield* differing(old, now, old.entries(), now.entries());
    }
  }
}

type Found<Value> = { get(key: string): Value | undefined; has(key: string): boolean };

function* differing<Value>(
  old: Found<Value>,
  now: Found<Value>,
  oldEntries: Iterable<readonly [string, Value]>,
  nowEntries: Iterable<readonly [string, Value]>,
): Generator<Difference<Value>> {
  for (const [key, value] of oldEntries) if (now.get(key) !== value) yield [key, value, now.get(key)];
  for (const [key, value] of nowEntries) if (!old.has(key)) yield [key, undefined, value];
}

/** Changes on their way into a new map. Buckets are copied when they are first changed. Not to be used after `done`. */
export class MapEdit<Value> {
  private own = new Set<number>();
  private isCopied = false;

  constructor(
    private buckets: readonly Bucket<Value>[],
    private size: number,
    private readonly made: (buckets: readonly Bucket<Value>[], size: number) => PersistentMap<Value>,
  ) {}

  /** The map that it was begun on when nothing changed. */
  done(): PersistentMap<Value> {
    return this.made(this.buckets, this.size);
  }

  get(key: string): Value | undefined {
    return this.buckets[bucketOf(key, this.buckets.length)]?.get(key);
  }

  set(key: string, value: Value): void {
    const bucket = this.owned(key);
    if (!bucket.has(key)) this.size += 1;
    bucket.set(key, value);
    if (this.size > this.buckets.length * BUCKET_ENTRIES_MAX) this.spread(this.buckets.length * 2);
  }

  delete(key: string): void {
    if (this.buckets[bucketOf(key, this.buckets.length)]?.has(key) !== true) return;
    this.owned(key).delete(key);
    this.size -= 1;
  }

  private owned(key: string): Map<string, Value> {
    const index = bucketOf(key, this.buckets.length);
    if (!this.isCopied) {
      this.buckets = [...this.buckets];
      this.isCopied = true;
    }
    const bucket = this.buckets[index] as Map<string, Value>;
    if (this.own.has(index)) return bucket;
    const copy = new Map(bucket);
    (this.buckets as Bucket<Value>[])[index] = copy;
    this.own.add(index);
    return copy;
  }

  private spread(count: number): void {
    const spread = Array.from({ length: count }, () => new Map<string, Value>());
    for (const bucket of this.buckets) {
      for (const [key, value] of bucket) spread[bucketOf(key, count)]?.set(key, value);
    }
    this.buckets = spread;
    this.isCopied = true;
    this.own = new Set(spread.keys());
  }
}

/** FNV-1a over code units; `count` is a power of two. Keys are names in documents, so nothing secret hangs on it. */
function bucketOf(key: string, count: number): number {
  if (count === 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (count - 1);
}
