import type { EachBatchPayload } from 'kafkajs';
import { BackOff } from '../back-off.js';
import { BusError } from '../bus-error.js';
import { isOwnershipLost, isRetriable } from '#libs/kafka';
import type { KeepAlive } from './keep-alive.js';

/** Kafka's default `offset.metadata.max.bytes`. */
const METADATA_BYTES_MAX = 4096;
const COMMIT_MS = 15_000;

/**
 * Commits for the member that this batch was delivered to, in its generation of the group, so that the broker refuses
 * it when the partition has gone to somebody else. (kafkajs' `consumer.commitOffsets` says nothing when its consumer
 * has stopped.) Repeats on a lost connection for 15 s.
 */
export async function commitOffset(
  { batch: { topic, partition }, commitOffsetsIfNecessary }: EachBatchPayload,
  alive: KeepAlive,
  nextOffset: bigint,
  metadata: string | null,
): Promise<void> {
  if (metadata !== null && Buffer.byteLength(metadata) > METADATA_BYTES_MAX) {
    throw new RangeError(`Commit metadata of more than ${METADATA_BYTES_MAX} bytes`);
  }
  const offset = { partition, offset: String(nextOffset), ...(metadata === null ? {} : { metadata }) };
  const backOff = new BackOff(50, 1000);
  for (const startedMs = performance.now(); ; await backOff.wait(alive.signal)) {
    if (alive.signal.aborted) throw lost();
    try {
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [offset] }] });
      return;
    } catch (error) {
      alive.failed(error);
      if (isOwnershipLost(error)) throw lost(error);
      if (!isRetriable(error) || performance.now() - startedMs > COMMIT_MS) {
        throw new BusError('bus/unavailable', 'The commit was not answered', true, { cause: error });
      }
    }
  }
}

function lost(cause?: unknown): BusError {
  return new BusError('bus/ownership-lost', 'The partition has gone to another member of the group', true, { cause });
}
