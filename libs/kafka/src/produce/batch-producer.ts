import { kafkaClient } from '../client/kafka-client.js';
import type { KafkaConnection } from '../client/kafka-connection.js';
import { nameOf } from '../client/kafka-failure.js';
import { withPatience } from '../client/with-patience.js';
import { within } from '../client/within.js';
import { BatchMemory, requestsOf, type EncodedBatch, type PlacedRecord } from './encoded-batches.js';
import { ProducerLine } from './producer-line.js';

/** How long it tries before `send` rejects. */
const SEND_TIMEOUT_MS = 30_000;

export type BatchProducerOptions = KafkaConnection & {
  readonly topic: string;
  /** How long `send` tries before it rejects, ms. Default 30000. */
  readonly timeoutMs?: number;
};

/** `send` gave up: the records may be in the log all the same. Nothing of them is in it. */
export class ProduceError extends Error {
  override readonly name = 'ProduceError';
}

/**
 * An idempotent producer for one topic whose partitions the caller knows. What is sent is written once, as it goes over
 * the wire, into memory that is used again; everything about connections is kafkajs'. One `send` at a time.
 *
 * As long as it repeats a batch it repeats the same bytes under the same sequence number, and the broker drops what it
 * has. After giving up, the producer's id and its connections are thrown away, so that no number ever stands for two
 * contents.
 */
export class BatchProducer {
  private readonly options: BatchProducerOptions;
  private readonly memory = new BatchMemory();
  private opening: Promise<ProducerLine> | undefined;
  private isBusy = false;
  private isClosed = false;

  constructor(options: BatchProducerOptions) {
    this.options = options;
  }

  /**
   * Resolves when all in-sync replicas have the records, in the given order per partition. After a rejection send again
   * from the first record on: twice is possible, lost or in another order is not.
   * @throws ProduceError; RangeError for a record above `REQUEST_BYTES_MAX`, before anything is sent
   */
  async send(records: readonly PlacedRecord[]): Promise<void> {
    if (this.isBusy) throw new ProduceError('Publishing failed: the call before has not ended');
    this.isBusy = true;
    try {
      for (const request of requestsOf(records)) await this.deliver(request);
    } finally {
      this.isBusy = false;
    }
  }

  /** Waits for nothing that is under way. */
  async close(timeoutMs: number): Promise<void> {
    this.isClosed = true;
    await within(timeoutMs, this.giveUp());
  }

  private async deliver(records: readonly PlacedRecord[]): Promise<void> {
    const { timeoutMs = SEND_TIMEOUT_MS } = this.options;
    const request: Request = { records, batches: undefined, attempts: 0, isOver: false };
    const late = () => new ProduceError('Publishing failed: no answer in time');
    try {
      await withPatience(() => this.attempt(request), { timeoutMs, late });
    } catch (error) {
      request.isOver = true;
      void this.giveUp();
      if (error instanceof ProduceError) throw error;
      throw new ProduceError(`Publishing failed: ${nameOf(error)}`, { cause: error });
    }
    // What was sent more than once may still stand in the buffers of a connection that broke.
    if (request.attempts > 1) this.memory.leave();
  }

  private async attempt(request: Request): Promise<void> {
    request.attempts += 1;
    if (this.isClosed) throw new ProduceError('Publishing failed: the producer is closed');
    const line = await (this.opening ??= this.open());
    // Of what was given up meanwhile nothing may be sent, nor written over what another call sends.
    if (request.isOver || this.isClosed) throw new ProduceError('Publishing failed: the producer was given up');
    request.batches ??= this.encode(line, request.records);
    await line.send(request.batches);
  }

  private encode(line: ProducerLine, records: readonly PlacedRecord[]): Set<EncodedBatch> {
    const { producerId, producerEpoch } = line;
    const timestampMs = Date.now();
    const headOf = (partition: number) => {
      return { timestampMs, producerId, producerEpoch, firstSequence: line.sequenceOf(partition) };
    };
    return new Set(this.memory.encode(records, headOf));
  }

  private open(): Promise<ProducerLine> {
    const opening = ProducerLine.open(kafkaClient(this.options), this.options.topic);
    // The next attempt opens another one.
    opening.catch(() => {
      if (this.opening === opening) this.opening = undefined;
    });
    return opening;
  }

  private async giveUp(): Promise<void> {
    const { opening } = this;
    this.opening = undefined;
    this.memory.leave();
    const line = await opening?.catch(() => undefined);
    await line?.retire();
  }
}

type Request = {
  readonly records: readonly PlacedRecord[];
  /** Those not yet acknowledged, once they are written. */
  batches: Set<EncodedBatch> | undefined;
  attempts: number;
  isOver: boolean;
};
