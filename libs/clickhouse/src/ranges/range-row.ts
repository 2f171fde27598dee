/** A row as JSON: column to value, with `kafka_offset` and `kafka_index` naming its place. */
export type RangeRow = {
  readonly kafka_offset: string;
  readonly kafka_index: number;
  readonly [column: string]: unknown;
};
/** The rows of one range for each table. A repeat must give the same ones. */
export type RangeRows = ReadonlyMap<string, readonly RangeRow[]>;
