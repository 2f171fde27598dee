import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { within, type Logger } from '#libs/kafka';
import { BackOff } from '../back-off.js';
import type { TopicPartition } from '../bus-record.js';
import type { BusClock } from '../clock.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';
import * as settings from './kafka-settings.js';

/** What a reader does with what kafkajs hands over. */
export type ReaderWork = {
  readonly group: string;
  /** Each consumer joins a group of its own, with a random part added to the name. */
  readonly alone: boolean;
  readonly topics: readonly string[];
  readonly maxWaitMs: number;
  readonly partitionBytesMax: number;
  readonly partitionsConcurrently: number;
  /** Called synchronously at each (re)join, before anything is fetched: the place to seek from. */
  onJoin(assignment: Readonly<Record<string, number[]>>, consumer: Consumer): void;
  /** Must deal with its handler's failures itself; what it throws goes to kafkajs, for it to rejoin. */
  onBatch(payload: EachBatchPayload, consumer: Consumer): Promise<void>;
  /** The broker has answered a fetch; what it holds is handed over next. */
  onFetched?(): void;
  onRestart?(reason: string): void;
};

export type ReaderParts = {
  readonly kafka: () => Kafka;
  /** Called before a client's consumer is made; what it answers ends the fetches that the consumer waits for. */
  readonly openFetches: (kafka: Kafka) => () => void;
  readonly logger: Logger;
  readonly clock: BusClock;
  /** Of readers that share with nobody, ms. */
  readonly replaySessionMs: number;
};

const WATCH_MS = 1000;
const CLOSE_MS = 5000;
/** A fetch may be on its way out when its consumer is told to stop. */
const RELEASE_EVERY_MS = 50;
const ERROR_CHARS_MAX = 300;

/**
 * Keeps one kafkajs consumer alive. kafkajs restarts after some crashes, dies silently after others, and can hang: here
 * it never restarts itself; any crash, and any loop that has stood still for 20 s without a handler running, leads to a
 * new consumer after a back-off.
 */
export class KafkaReader {
  /** Fires when the reader closes. */
  readonly closing: AbortSignal;
  handlerFailures = 0;
  private readonly abort = new AbortController();
  /** Short at its longest: a replica must be reading again well within the 10 s of its log lease. */
  private readonly backOff = new BackOff(100, 1500);
  private readonly paused = new Set<string>();
  private consumer: Consumer | undefined;
  private readonly fetchesOf = new WeakMap<Consumer, () => void>();
  private state: ReaderHealth['state'] = 'starting';
  private turnedAtMs: number;
  private handlersRunning = 0;
  private restarts = 0;
  private lastError: string | null = null;
  private watch: NodeJS.Timeout | undefined;
  private running: () => void = () => undefined;

  constructor(
    private readonly work: ReaderWork,
    private readonly parts: ReaderParts,
  ) {
    this.closing = this.abort.signal;
    this.turnedAtMs = parts.clock.monotonicMs();
  }

  /** Resolves at the first join, or when closed before. */
  async start(): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      this.running = resolve;
    });
    this.watch = setInterval(() => this.lookAtLoop(), WATCH_MS).unref();
    void this.run();
    await joined;
  }

  health(stoppedTopics: readonly string[]): ReaderHealth {
    const { state, restarts, handlerFailures, lastError } = this;
    return { state, loopAgeMs: this.loopAgeMs(), restarts, handlerFailures, lastError, stoppedTopics };
  }

  /** Keeps and logs a handler's failure by name and code: its message may quote the record. */
  reportHandler(error: unknown): string {
    const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: 'unknown' };
    const text = typeof code === 'string' ? `${name} ${code}` : name;
    this.lastError = text;
    this.parts.logger.warn({ group: this.work.group, error: text, failures: this.handlerFailures }, 'handler failed');
    return text;
  }

  /** Records between a committed offset and the log's bounds are gone, or the log is another one. */
  reportGap({ topic, partition }: TopicPartition, committed: bigint, next: bigint): void {
    const fields = { group: this.work.group, topic, partition, committed: String(committed), next: String(next) };
    this.lastError = `${topic}/${partition}: offset ${committed} is outside of the log`;
    this.parts.logger.error(fields, 'the committed offset is outside of the log');
  }

  pause(topics: TopicChoice = this.work.topics): void {
    for (const topic of topics) this.paused.add(topic);
    if (this.state === 'running') this.consumer?.pause(topics.map((topic) => ({ topic })));
  }

  resume(topics: TopicChoice = this.work.topics): void {
    for (const topic of topics) this.paused.delete(topic);
    if (this.state === 'running') this.consumer?.resume(topics.map((topic) => ({ topic })));
  }

  async close(timeoutMs = CLOSE_MS): Promise<void> {
    if (this.state !== 'closed') {
      this.state = 'closed';
      clearInterval(this.watch);
      this.abort.abort();
      this.running();
    }
    await this.stop(timeoutMs);
  }

  private async run(): Promise<void> {
    while (this.state !== 'closed') {
      const consumer = this.create();
      this.consumer = consumer;
      this.turnedAtMs = this.parts.clock.monotonicMs();
      try {
        await this.begin(consumer);
      } catch (error) {
        // The crash event was faster: that path has begun anew already.
        if (consumer !== this.consumer) return;
        await this.prepareRestart(consumer, error);
        continue;
      }
      // Given up on while it was still connecting: it must not join the group and hold partitions.
      if (consumer !== this.consumer) await within(CLOSE_MS, consumer.disconnect());
      return;
    }
  }

  private async begin(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.work.topics], fromBeginning: true });
    if (consumer !== this.consumer) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.work.partitionsConcurrently,
      eachBatch: (payload) => this.handle(payload, consumer),
    });
  }

  private create(): Consumer {
    const { group, alone, maxWaitMs, partitionBytesMax } = this.work;
    const sessionMs = alone ? this.parts.replaySessionMs : settings.SESSION_TIMEOUT_MS;
    const kafka = this.parts.kafka();
    const endFetches = this.parts.openFetches(kafka);
    const consumer = kafka.consumer({
      // A new name each time: in the old group the dead consumer would be waited for until its session ends.
      groupId: alone ? `${group}.${randomBytes(6).toString('hex')}` : group,
      sessionTimeout: sessionMs,
      heartbeatInterval: sessionMs / settings.HEARTBEATS_PER_SESSION,
      rebalanceTimeout: settings.REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: maxWaitMs,
      maxBytesPerPartition: partitionBytesMax,
      allowAutoTopicCreation: false,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000, restartOnFailure: async () => false },
    });
    this.fetchesOf.set(consumer, endFetches);
    // Answers count, attempts do not; a heartbeat counts where nothing is assigned or all is paused.
    consumer.on('consumer.network.request', ({ payload }) => {
      const idle = payload.apiName === 'Heartbeat' && this.handlersRunning === 0;
      if (idle || payload.apiName === 'Fetch') this.turned(consumer);
    });
    consumer.on('consumer.fetch', () => this.work.onFetched?.());
    consumer.on('consumer.group_join', ({ payload }) => this.joined(payload.memberAssignment, consumer));
    consumer.on('consumer.crash', ({ payload }) => void this.restart(consumer, payload.error));
    return consumer;
  }

  private turned(consumer: Consumer): void {
    if (consumer === this.consumer) this.turnedAtMs = this.parts.clock.monotonicMs();
  }

  private joined(assignment: Readonly<Record<string, number[]>>, consumer: Consumer): void {
    if (consumer !== this.consumer || this.state === 'closed') return;
    this.state = 'running';
    this.turned(consumer);
    this.backOff.reset();
    if (this.paused.size > 0) consumer.pause([...this.paused].map((topic) => ({ topic })));
    this.work.onJoin(assignment, consumer);
    this.running();
  }

  private async handle(payload: EachBatchPayload, consumer: Consumer): Promise<void> {
    // A consumer that was given up on may still be alive somewhere in a request.
    if (consumer !== this.consumer || this.state === 'closed') return;
    this.handlersRunning += 1;
    try {
      await this.work.onBatch(payload, consumer);
    } finally {
      this.handlersRunning -= 1;
      this.turned(consumer);
    }
  }

  private loopAgeMs(): number {
    return this.parts.clock.monotonicMs() - this.turnedAtMs;
  }

  private lookAtLoop(): void {
    if (this.state !== 'running' || this.handlersRunning > 0 || this.loopAgeMs() < settings.LOOP_STALL_MS) return;
    const { consumer } = this;
    if (consumer) void this.restart(consumer, new Error('the fetch loop stood still'));
  }

  private async restart(consumer: Consumer, reason: unknown): Promise<void> {
    if (await this.prepareRestart(consumer, reason)) await this.run();
  }

  private async prepareRestart(consumer: Consumer, reason: unknown): Promise<boolean> {
    if (consumer !== this.consumer || this.state === 'closed') return false;
    this.state = 'restarting';
    this.restarts += 1;
    const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : 'unknown';
    this.lastError = text.slice(0, ERROR_CHARS_MAX);
    this.parts.logger.warn(
      { group: this.work.group, restarts: this.restarts, error: this.lastError },
      'reader restarts',
    );
    this.work.onRestart?.(this.lastError);
    await this.stop(CLOSE_MS);
    await this.backOff.wait(this.closing);
    return !this.closing.aborted;
  }

  private async stop(timeoutMs: number): Promise<void> {
    const { consumer } = this;
    this.consumer = undefined;
    if (!consumer) return;
    const stopping = within(timeoutMs, consumer.disconnect());
    const endFetches = this.fetchesOf.get(consumer) ?? (() => undefined);
    endFetches();
    const again = setInterval(endFetches, RELEASE_EVERY_MS);
    const stopped = await stopping.finally(() => clearInterval(again));
    if (!stopped) this.parts.logger.warn({ group: this.work.group, timeoutMs }, 'a consumer did not stop in time');
  }
}
