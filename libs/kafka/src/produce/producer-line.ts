import type { Kafka } from 'kafkajs';
import { openCluster, type Cluster } from '../client/cluster.js';
import { REQUEST_TIMEOUT_MS } from '../client/kafka-connection.js';
import type { EncodedBatch } from './encoded-batches.js';
import { produce, protocolError, UNKNOWN_TOPIC_OR_PARTITION } from './produce-request.js';
import { sequenceAfter } from './sequences.js';

const METADATA_MAX_AGE_MS = 300_000;
/** Of transactions, which are not used; the protocol wants it all the same. */
const TRANSACTION_TIMEOUT_MS = 60_000;
/** The broker has the batch already: what was repeated had arrived. */
const DUPLICATE_SEQUENCE_NUMBER = 46;

/** Connections to the brokers under one producer id, and the sequence numbers that were given under it. */
export class ProducerLine {
  private readonly sequences = new Map<number, number>();
  private readonly retired = new AbortController();
  private isStale = false;

  private constructor(
    private readonly cluster: Cluster,
    private readonly topic: string,
    readonly producerId: bigint,
    readonly producerEpoch: number,
  ) {}

  static async open(kafka: Kafka, topic: string): Promise<ProducerLine> {
    const cluster = openCluster(kafka, METADATA_MAX_AGE_MS);
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics([topic]);
      const broker = await cluster.brokerPool.findConnectedBroker();
      const given = await broker.initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS });
      return new ProducerLine(cluster, topic, BigInt(given.producerId), given.producerEpoch);
    } catch (error) {
      await cluster.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** Of the next record for a partition. */
  sequenceOf(partition: number): number {
    return this.sequences.get(partition) ?? 0;
  }

  /**
   * Sends each batch to its partition's leader, and takes out of `batches` those that are acknowledged. Repeat the rest
   * as it is when it rejects: the broker tells by their numbers what it has.
   */
  async send(batches: Set<EncodedBatch>): Promise<void> {
    try {
      if (this.isStale) await this.renew();
      await this.cluster.refreshMetadataIfNecessary();
      const byLeader = Map.groupBy(batches, ({ partition }) => this.leaderOf(partition));
      const sent = [...byLeader].map(([nodeId, list]) => this.sendTo(nodeId, list, batches));
      const failed = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    } catch (error) {
      this.isStale = true;
      this.forget(error);
      throw error;
    }
  }

  /** Sends nothing any more, whatever is still under way in it. */
  async retire(): Promise<void> {
    this.retired.abort();
    await this.cluster.disconnect().catch(() => undefined);
  }

  private async sendTo(nodeId: number, batches: readonly EncodedBatch[], open: Set<EncodedBatch>): Promise<void> {
    const broker = await this.cluster.findBroker({ nodeId });
    const connection = await broker.connectionPool.getConnection();
    await connection.authenticate();
    const { signal } = this.retired;
    if (signal.aborted) throw new Error('The producer was given up');
    const bytes = batches.map((batch) => batch.bytes);
    const answers = await produce(connection, this.topic, bytes, { timeoutMs: REQUEST_TIMEOUT_MS, signal });
    const codes = new Map(answers.map(({ partition, errorCode }) => [partition, errorCode]));
    let refused: number | undefined;
    for (const batch of batches) {
      const code = codes.get(batch.partition) ?? UNKNOWN_TOPIC_OR_PARTITION;
      if (code === 0 || code === DUPLICATE_SEQUENCE_NUMBER) this.acknowledge(batch, open);
      else refused ??= code;
    }
    if (refused !== undefined) throw protocolError(refused);
  }

  private acknowledge(batch: EncodedBatch, open: Set<EncodedBatch>): void {
    const { partition, count } = batch;
    this.sequences.set(partition, sequenceAfter(this.sequenceOf(partition), count));
    open.delete(batch);
  }

  private leaderOf(partition: number): number {
    const held = this.cluster.findTopicPartitionMetadata(this.topic).find((each) => each.partitionId === partition);
    if (!held || held.leader < 0) throw protocolError(UNKNOWN_TOPIC_OR_PARTITION);
    return held.leader;
  }

  /** After a failure: other brokers may lead, at other addresses. */
  private async renew(): Promise<void> {
    await this.cluster.connect();
    await this.cluster.refreshMetadata();
    this.isStale = false;
  }

  /** A connection that the broker closed is not taken again. */
  private forget(error: unknown): void {
    const { name, host, port } = error as { name?: unknown; host?: unknown; port?: unknown };
    if (name !== 'KafkaJSConnectionClosedError' || typeof host !== 'string' || typeof port !== 'number') return;
    this.cluster.removeBroker({ host, port });
  }
}
