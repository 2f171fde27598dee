import { KafkaBus, type KafkaBusOptions } from '#libs/bus';
import type { Batch, BatchSink } from './batch.js';

const CLOSE_TIMEOUT_MS = 1000;

/** How to reach Kafka, as plain data: it goes to the publisher's thread. */
export type SpoolKafka = Pick<KafkaBusOptions, 'brokers' | 'sasl' | 'ssl'>;

/** Batches as Kafka records of one topic: the partition is given, the key repeats it. No headers: they cost most. */
export class KafkaSink implements BatchSink {
  private readonly bus: KafkaBus;
  private readonly topic: string;

  constructor(kafka: SpoolKafka, topic: string, clientId: string) {
    this.bus = new KafkaBus({ ...kafka, clientId });
    this.topic = topic;
  }

  async send(batches: readonly Batch[]): Promise<void> {
    const { topic } = this;
    await this.bus.publish(
      batches.map(({ partition, value }) => ({ topic, partition, key: String(partition), value })),
    );
  }

  close(): Promise<void> {
    return this.bus.close(CLOSE_TIMEOUT_MS);
  }
}
