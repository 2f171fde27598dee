export { DecisionSpool, type SpoolLag } from './decision-spool.js';
export {
  FLOOD_PER_ADDRESS_SECOND_DEFAULT,
  FLOOD_RECORDS_MAX_DEFAULT,
  SPOOL_BYTES_MAX_DEFAULT,
  type SpoolOptions,
} from './spool-options.js';
export { SpoolUnwritable } from './spool-unwritable.js';
export type { SpoolRecord, UnverifiedRecord } from './append/record-writer.js';
export { FLOOD_ADDRESSES_MAX } from './append/flood-lane.js';
export { systemFiles, type SpoolFiles } from './append/spool-files.js';
export { type Batch, BATCH_BYTES_MAX, type BatchSink } from './publish/batch.js';
export type { SpoolKafka } from './publish/kafka-sink.js';
export { RECORD_BYTES_MAX } from './frame.js';
export { fromSourceArgv, threadEntry } from './publish/thread-entry.js';
