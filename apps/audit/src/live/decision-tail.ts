import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Conditions } from '../records/record-filter.js';
import type { RecordRow } from '../records/record-list.js';
import type { StoredPlace, StoredPlaces } from './stored-places.js';

/** Rows that one look at a partition reads; further ones are for the next look. */
const ROWS_PER_LOOK = 500;

/** The next row is the first one after `index` in the record at `offset`. */
type Cursor = { readonly offset: bigint; readonly index: number };

/** Decisions that are stored from now on, each once, in the order of each partition. */
export class DecisionTail {
  private readonly cursors = new Map<string, Cursor>();

  private constructor(
    private readonly database: AuditDatabase,
    private readonly places: StoredPlaces,
    private readonly conditions: Conditions,
  ) {}

  static async from(database: AuditDatabase, places: StoredPlaces, conditions: Conditions): Promise<DecisionTail> {
    const tail = new DecisionTail(database, places, conditions);
    for (const place of await places.now()) tail.cursors.set(keyOf(place), { offset: place.end, index: -1 });
    return tail;
  }

  /**
   * At most {@link ROWS_PER_LOOK} of each partition.
   * @throws ProblemError 503 `audit_unavailable`; the rows come with the next look.
   */
  async next(): Promise<readonly RecordRow[]> {
    const found: RecordRow[] = [];
    for (const place of await this.places.now()) {
      // A partition that had nothing committed when this began is read from its start.
      const cursor = this.cursors.get(keyOf(place)) ?? { offset: 0n, index: -1 };
      if (place.end <= cursor.offset) continue;
      const rows = await this.look(place, cursor);
      const last = rows.length < ROWS_PER_LOOK ? undefined : rows.at(-1);
      const next = last
        ? { offset: BigInt(last.kafka_offset), index: last.kafka_index }
        : { offset: place.end, index: -1 };
      this.cursors.set(keyOf(place), next);
      found.push(...rows);
    }
    return found;
  }

  private look({ topic, partition, end }: StoredPlace, { offset, index }: Cursor): Promise<RecordRow[]> {
    const { where, params } = this.conditions;
    const all = [
      ...where,
      'kafka_topic = {tail_topic:String}',
      'kafka_partition = {tail_partition:UInt32}',
      'kafka_offset >= {tail_offset:UInt64}',
      'kafka_offset < {tail_end:UInt64}',
      '(kafka_offset > {tail_offset:UInt64} OR kafka_index > {tail_index:Int64})',
    ];
    return this.database.rows<RecordRow>(
      `SELECT * FROM decisions WHERE ${all.join(' AND ')} ORDER BY kafka_offset, kafka_index LIMIT ${ROWS_PER_LOOK}`,
      {
        ...params,
        tail_topic: topic,
        tail_partition: partition,
        tail_offset: String(offset),
        tail_end: String(end),
        tail_index: index,
      },
    );
  }
}

const keyOf = ({ topic, partition }: StoredPlace) => `${topic}/${partition}`;
