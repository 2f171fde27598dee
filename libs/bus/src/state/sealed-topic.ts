import { setTimeout as delay } from 'node:timers/promises';
import type { BusRecord } from '../bus-record.js';
import type { Bus } from '../bus.js';
import type { ConsumedBatch, Consumption } from '../consumption.js';
import type { MacKey } from '../envelope/record-mac.js';
import { verifyRecord } from '../envelope/state-record.js';
import { Membership } from '../membership.js';
import type { Logger } from '#libs/kafka';

/** Between two attempts to join, while the brokers are away, ms. */
const RETRY_MS = 2_000;
const READY_POLL_MS = 200;
const BATCH_MAX = 100;

export type SealedTopicOptions<Value> = {
  readonly bus: Bus;
  readonly macKey: MacKey;
  readonly logger: Logger;
  /** `<app>.<reader>.v<n>`. */
  readonly group: string;
  readonly topic: { readonly name: string };
  /** A zod schema fits. */
  readonly schema: {
    safeParse(value: unknown): { readonly success: true; readonly data: Value } | { readonly success: false };
  };
  /** False until what `take` goes by is known; nothing is taken before. */
  readonly isReady: () => boolean;
  /** Keys that carry nothing for `take`, a state topic's watermark for one. */
  readonly ignores?: (key: string) => boolean;
  /** May be given the same value again; a rejection brings it again later. */
  readonly take: (value: Value) => Promise<void>;
};

/**
 * Takes what another service tells on a topic of its own, each at least once, in order. What carries no MAC of ours or
 * cannot be read is nobody's word: it is logged and passed over. Tombstones say nothing and are passed over, too.
 */
export class SealedTopic<Value> {
  private readonly membership = new Membership({
    join: (signal) => this.join(signal),
    retryMs: RETRY_MS,
    onFailure: (error) => {
      const { logger, group } = this.options;
      logger.warn({ err: error, group }, 'a topic cannot be read yet');
    },
  });

  constructor(private readonly options: SealedTopicOptions<Value>) {}

  /** Does not wait for the brokers. */
  start(): void {
    void this.membership.start();
  }

  async close(): Promise<void> {
    await this.membership.stop();
  }

  private async join(signal: AbortSignal): Promise<Consumption> {
    const { bus, group, topic, isReady } = this.options;
    while (!isReady()) await delay(READY_POLL_MS, undefined, { signal });
    const onBatch = (batch: ConsumedBatch) => this.takeAll(batch);
    return bus.consume({ group, topics: [topic.name], batchMax: BATCH_MAX, onBatch });
  }

  private async takeAll({ records, lastOffset, signal, commit }: ConsumedBatch): Promise<void> {
    for (const record of records) {
      if (signal.aborted) return;
      const value = this.read(record);
      if (value !== undefined) await this.options.take(value);
    }
    await commit(lastOffset + 1n);
  }

  private read(record: BusRecord): Value | undefined {
    const { macKey, schema, logger, group, ignores } = this.options;
    const verified = verifyRecord(macKey, record);
    const isNothing = record.value === null || ignores?.(record.key?.toString('utf8') ?? '') === true;
    if (verified.ok && isNothing) return undefined;
    const read = verified.ok && record.value ? schema.safeParse(jsonOf(record.value)) : undefined;
    if (read?.success) return read.data;
    logger.warn({ group, offset: String(record.offset) }, 'a record is not what it should be, and is passed over');
    return undefined;
  }
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}
