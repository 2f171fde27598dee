import { BatchProducer, type KafkaConnection } from '#libs/kafka';
import type { Batch, BatchSink } from './batch.js';

const CLOSE_TIMEOUT_MS = 1000;

/** How to reach Kafka, as plain data: it goes to the publisher's thread. */
export type SpoolKafka = Pick<KafkaConnection, 'brokers' | 'sasl' | 'ssl'>;

/** Batches as Kafka records of one topic: the partition is given, the key repeats it. No headers: they cost most. */
export class KafkaSink implements BatchSink {
  private readonly producer: BatchProducer;

  constructor(kafka: SpoolKafka, topic: string, clientId: string) {
    this.producer = new BatchProducer({ ...kafka, clientId, topic });
  }

  send(batches: readonly Batch[]): Promise<void> {
    return this.producer.send(
      batches.map(({ partition, value }) => ({ partition, key: Buffer.from(String(partition)), value })),
    );
  }

  close(): Promise<void> {
    return this.producer.close(CLOSE_TIMEOUT_MS);
  }
}
