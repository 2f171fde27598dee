import { Partitioners, type ICustomPartitioner, type Kafka, type Message, type Producer } from 'kafkajs';
import { BusError } from '../bus-error.js';
import type { OutgoingRecord } from '../bus-record.js';
import { isRetriable, nameOf, REQUEST_TIMEOUT_MS, typeOf, withPatience } from '#libs/kafka';
import type { Landed } from './publish-queue.js';

/** A topic that was just created may not be known everywhere yet; one that nobody created never will be. */
const UNKNOWN_TOPIC_MS = 5000;

/** A producer and whether it has been given up; a retired one must not send again from some retry of the library. */
type Line = { readonly producer: Producer; retired: boolean };

/**
 * Sends batches through an idempotent producer, one at a time (the caller sees to that). As long as it repeats a batch
 * it repeats the same sequence numbers, and the broker drops what it has. After giving up, the producer and its id are
 * thrown away: kafkajs has set its sequence numbers back, and would send other records under numbers that the broker
 * may have taken already, which it would acknowledge and drop.
 */
export class KafkaSender {
  private line: Promise<Line> | undefined;
  private readonly partitionOf = new WeakMap<object, number>();

  constructor(
    private readonly kafka: Kafka,
    private readonly timeoutMs: number,
  ) {}

  async send(records: readonly OutgoingRecord[]): Promise<readonly Landed[]> {
    const messages = records.map(messageOf);
    const { timeoutMs } = this;
    const patienceMs = (error: unknown) => (isUnknownTopic(error) ? UNKNOWN_TOPIC_MS : timeoutMs);
    const late = () => new BusError('bus/publish-failed', 'Publishing failed: no answer in time', true);
    try {
      return await withPatience(() => this.attempt(records, messages), { timeoutMs, patienceMs, late });
    } catch (error) {
      void this.close();
      throw failure(error);
    }
  }

  async close(): Promise<void> {
    const { line: opening } = this;
    this.line = undefined;
    const line = await opening?.catch(() => undefined);
    if (!line) return;
    line.retired = true;
    await line.producer.disconnect().catch(() => undefined);
  }

  private async attempt(records: readonly OutgoingRecord[], messages: readonly Message[]): Promise<readonly Landed[]> {
    const line = await (this.line ??= this.open());
    const byTopic = Map.groupBy(messages, (_, i) => records[i]?.topic ?? '');
    const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    const sending = line.producer.sendBatch({ acks: -1, timeout: REQUEST_TIMEOUT_MS, topicMessages });
    const answers = await sending.finally(() => {
      // A retry of the library's may have connected it again after it was given up.
      if (line.retired) void line.producer.disconnect().catch(() => undefined);
    });
    const next = new Map(answers.map((a) => [`${a.topicName}/${a.partition}`, BigInt(a.baseOffset ?? a.offset ?? -1)]));
    return records.map(({ topic }, i) => {
      const partition = this.partitionOf.get(messages[i] ?? {}) ?? -1;
      const offset = next.get(`${topic}/${partition}`);
      if (offset === undefined) throw new BusError('bus/publish-failed', `No offset for ${topic}/${partition}`, true);
      next.set(`${topic}/${partition}`, offset + 1n);
      return { topic, partition, offset };
    });
  }

  private async open(): Promise<Line> {
    const retirement = { retired: false };
    const producer = this.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: this.partitioner(() => retirement.retired),
      retry: { retries: 2 },
    });
    try {
      await producer.connect();
      return Object.assign(retirement, { producer });
    } catch (error) {
      this.line = undefined;
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** A repeated batch must go where it went before, also when its records have no key. */
  private partitioner(isRetired: () => boolean): ICustomPartitioner {
    return () => {
      const choose = Partitioners.DefaultPartitioner();
      return (about) => {
        // Every attempt passes here first, and a TypeError is what the library does not try again.
        if (isRetired()) throw new TypeError('this producer was given up');
        const partition = this.partitionOf.get(about.message) ?? choose(about);
        this.partitionOf.set(about.message, partition);
        return partition;
      };
    };
  }
}

function messageOf({ key, value, headers, partition }: OutgoingRecord): Message {
  const message = { key, value, ...(headers ? { headers: { ...headers } } : {}) };
  return partition === undefined ? message : { ...message, partition };
}

function isUnknownTopic(error: unknown): boolean {
  return typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
}

function failure(error: unknown): BusError {
  if (error instanceof BusError) return error;
  const code = isUnknownTopic(error) ? 'bus/unknown-topic' : 'bus/publish-failed';
  // kafkajs puts no record into its messages, but nothing here depends on that: the code is enough.
  return new BusError(code, `Publishing failed: ${nameOf(error)}`, isRetriable(error), { cause: error });
}
