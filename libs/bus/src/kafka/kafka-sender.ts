import { Partitioners, type ICustomPartitioner, type Kafka, type Message, type Producer } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { BusError } from '../bus-error.js';
import type { OutgoingRecord } from '../bus-record.js';
import { isRetriable, typeOf } from './kafka-failure.js';
import { REQUEST_TIMEOUT_MS } from './kafka-settings.js';
import type { Landed } from './publish-queue.js';

const RETRY_MS = 50;
const RETRY_MS_MAX = 1000;
/** A topic that was just created may not be known everywhere yet; one that nobody created never will be. */
const UNKNOWN_TOPIC_MS = 5000;

/**
 * Sends batches through an idempotent producer, one at a time (the caller sees to that). As long as it repeats a batch
 * it repeats the same sequence numbers, and the broker drops what it has. After giving up, the producer and its id are
 * thrown away: kafkajs has set its sequence numbers back, and would send other records under numbers that the broker
 * may have taken already, which it would acknowledge and drop.
 */
export class KafkaSender {
  private producer: Promise<Producer> | undefined;
  private readonly partitionOf = new WeakMap<object, number>();

  constructor(
    private readonly kafka: Kafka,
    private readonly timeoutMs: number,
  ) {}

  async send(records: readonly OutgoingRecord[]): Promise<readonly Landed[]> {
    const messages = records.map(({ key, value, headers, partition }): Message => {
      return {
        key,
        value,
        ...(headers ? { headers: { ...headers } } : {}),
        ...(partition === undefined ? {} : { partition }),
      };
    });
    const startedMs = performance.now();
    for (let waitMs = RETRY_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        return await this.attempt(records, messages);
      } catch (error) {
        const spentMs = performance.now() - startedMs;
        const patienceMs = typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION' ? UNKNOWN_TOPIC_MS : this.timeoutMs;
        if (isRetriable(error) && spentMs + waitMs < patienceMs) {
          await pause(waitMs);
          continue;
        }
        await this.close();
        throw failure(error);
      }
    }
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((p) => p.disconnect()).catch(() => undefined);
  }

  private async attempt(records: readonly OutgoingRecord[], messages: readonly Message[]): Promise<readonly Landed[]> {
    const producer = await (this.producer ??= this.connect());
    const byTopic = Map.groupBy(messages, (_, i) => records[i]?.topic ?? '');
    const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    const answers = await producer.sendBatch({ acks: -1, timeout: REQUEST_TIMEOUT_MS, topicMessages });
    const next = new Map(answers.map((a) => [`${a.topicName}/${a.partition}`, BigInt(a.baseOffset ?? a.offset ?? -1)]));
    return records.map(({ topic }, i) => {
      const partition = this.partitionOf.get(messages[i] ?? {}) ?? -1;
      const offset = next.get(`${topic}/${partition}`);
      if (offset === undefined) throw new BusError('bus/publish-failed', `No offset for ${topic}/${partition}`, true);
      next.set(`${topic}/${partition}`, offset + 1n);
      return { topic, partition, offset };
    });
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: this.rememberingPartitioner,
      retry: { retries: 2 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      this.producer = undefined;
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** A repeated batch must go where it went before, also when its records have no key. */
  private readonly rememberingPartitioner: ICustomPartitioner = () => {
    const choose = Partitioners.DefaultPartitioner();
    return (about) => {
      const partition = this.partitionOf.get(about.message) ?? choose(about);
      this.partitionOf.set(about.message, partition);
      return partition;
    };
  };
}

function failure(error: unknown): BusError {
  if (error instanceof BusError) return error;
  const type = typeOf(error);
  const name = error instanceof Error ? error.name : 'unknown error';
  const transient = isRetriable(error);
  const code = type === 'UNKNOWN_TOPIC_OR_PARTITION' ? 'bus/unknown-topic' : 'bus/publish-failed';
  // kafkajs puts no record into its messages, but nothing here depends on that: the code is enough.
  return new BusError(code, `Publishing failed: ${typeof type === 'string' ? type : name}`, transient, {
    cause: error,
  });
}
