import { decisionPartition, type TopicSpec } from '#libs/contracts';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { IngestSource } from '../ingest/ingest-source.js';
import type { Conditions } from '../records/record-filter.js';
import type { RecordRow } from '../records/record-list.js';
import type { StoredPlace, StoredPlaces } from './stored-places.js';
import { placeText, readPlace, type Cursor } from './tail-place.js';

/** Rows that one look reads; further ones are for the next look. */
const ROWS_PER_LOOK = 500;
/** Records of a partition that one look goes through: whoever was away for long comes back step by step. */
const OFFSETS_PER_LOOK = 20_000n;

export type TailParts = {
  readonly database: AuditDatabase;
  readonly places: StoredPlaces;
  readonly source: Pick<IngestSource, 'topics'>;
};
export type Followed = {
  /** Of whose rows; undefined: of every tenant's and of those of none. */
  readonly tenant: string | undefined;
  readonly conditions: Conditions;
  /** The last id that was told to whoever comes back. */
  readonly after?: string | undefined;
};

/** A decision, and the place behind it. */
export type Told = { readonly row: RecordRow; readonly place: string };
export type TailLook = { readonly told: readonly Told[]; readonly isMore: boolean };

type KeyedPlace = StoredPlace & { readonly key: string };

/** Decisions that are stored from now on, or from a place that was told, each once, in the order of each partition. */
export class DecisionTail {
  private readonly cursors = new Map<string, Cursor>();
  private turn = 0;
  private missed = false;

  private constructor(
    private readonly parts: TailParts,
    private readonly followed: Followed,
  ) {}

  /** @throws ProblemError 503 `audit_unavailable` */
  static async from(parts: TailParts, followed: Followed): Promise<DecisionTail> {
    const tail = new DecisionTail(parts, followed);
    const places = await tail.places();
    const former = followed.after === undefined ? new Map<string, Cursor>() : readPlace(followed.after);
    // The end of a log moves back only where it is another log.
    tail.missed = former === undefined || places.some(({ end, key }) => (former.get(key)?.offset ?? 0n) > end);
    const isResumed = followed.after !== undefined && !tail.missed;
    // A partition that had nothing committed when this began is read from its start.
    for (const { key, end } of places) {
      const start = { offset: isResumed ? 0n : end, index: -1 };
      tail.cursors.set(key, (isResumed && former?.get(key)) || start);
    }
    return tail;
  }

  /** It was to go on from a place that is not known here, and goes on from now. */
  get hasMissed(): boolean {
    return this.missed;
  }

  /** Behind all that was told. */
  get place(): string {
    return placeText(this.cursors);
  }

  /**
   * At most {@link ROWS_PER_LOOK}; there may be more at once.
   * @throws ProblemError 503 `audit_unavailable`; the rows come with the next look.
   */
  async next(): Promise<TailLook> {
    const told: Told[] = [];
    const places = await this.places();
    // Another one is first each time, so that a busy partition holds up no other.
    this.turn = (this.turn + 1) % Math.max(1, places.length);
    let isMore = false;
    for (const place of [...places.slice(this.turn), ...places.slice(0, this.turn)]) {
      try {
        isMore = (await this.look(place, told)) || isMore;
      } catch (error) {
        // What was read is told; that the store is away is for the next look to find.
        if (told.length > 0) return { told, isMore: true };
        throw error;
      }
    }
    return { told, isMore };
  }

  /** Adds what there is to what is told; whether there is more at once. */
  private async look(place: KeyedPlace, told: Told[]): Promise<boolean> {
    const cursor = this.cursors.get(place.key) ?? { offset: 0n, index: -1 };
    if (place.end <= cursor.offset) return false;
    const limit = ROWS_PER_LOOK - told.length;
    if (limit === 0) return true;
    const farthest = cursor.offset + OFFSETS_PER_LOOK;
    const end = place.end < farthest ? place.end : farthest;
    const rows = await this.read({ ...place, end }, cursor, limit);
    for (const row of rows) {
      this.cursors.set(place.key, { offset: BigInt(row.kafka_offset), index: row.kafka_index });
      told.push({ row, place: this.place });
    }
    if (rows.length === limit) return true;
    this.cursors.set(place.key, { offset: end, index: -1 });
    return end < place.end;
  }

  /** Where there can be something: a tenant's decisions are in one partition of each topic. */
  private async places(): Promise<KeyedPlace[]> {
    const { places, source } = this.parts;
    const stored = await places.now();
    return stored.filter((place) => mayHold(source.topics, place, this.followed.tenant)).map(keyed);
  }

  private read({ topic, partition, end }: StoredPlace, { offset, index }: Cursor, limit: number): Promise<RecordRow[]> {
    const { where, params } = this.followed.conditions;
    const all = [
      ...where,
      'kafka_topic = {tail_topic:String}',
      'kafka_partition = {tail_partition:UInt32}',
      'kafka_offset >= {tail_offset:UInt64}',
      'kafka_offset < {tail_end:UInt64}',
      '(kafka_offset > {tail_offset:UInt64} OR kafka_index > {tail_index:Int64})',
    ];
    return this.parts.database.rows<RecordRow>(
      `SELECT * FROM decisions WHERE ${all.join(' AND ')} ORDER BY kafka_offset, kafka_index LIMIT {tail_rows:UInt32}`,
      {
        ...params,
        tail_topic: topic,
        tail_partition: partition,
        tail_offset: String(offset),
        tail_end: String(end),
        tail_index: index,
        tail_rows: limit,
      },
    );
  }
}

const keyed = (place: StoredPlace): KeyedPlace => ({ ...place, key: `${place.topic}/${place.partition}` });

function mayHold(topics: readonly TopicSpec[], { topic, partition }: StoredPlace, tenant: string | undefined): boolean {
  if (tenant === undefined) return true;
  const partitions = topics.find(({ name }) => name === topic)?.partitions;
  return partitions !== undefined && decisionPartition(tenant, partitions) === partition;
}
