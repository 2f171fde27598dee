import { setTimeout as delay } from 'node:timers/promises';
import { deriveMacKey, sealRecord, type Bus, type OutgoingRecord } from '#libs/bus';
import { sealContents } from '#libs/contents';
import { contentsKey, type ContentsRecord, type TopicSpec } from '#libs/contracts';
import type { Clock, Counter, Logger } from '#libs/telemetry';
import { v7 } from 'uuid';
import type { CallContents } from './call-contents.js';
import type { ContentKeyTable } from './content-key-table.js';

/** What may wait to be sealed and published, bytes; beyond it the oldest goes. */
export const QUEUE_BYTES_MAX = 32 * 1024 * 1024;
/** Calls that are sealed and published together, and what they may hold before they are sealed. */
const BATCH_CALLS_MAX = 32;
const BATCH_BYTES_MAX = 384 * 1024;
const RETRY_MS = 1_000;
/** How long a stop waits for what is left, ms. */
const CLOSE_MS = 1_500;

export type ContentsQueueOptions = {
  readonly bus: Pick<Bus, 'publish' | 'ensureTopics'>;
  readonly busKey: Uint8Array;
  readonly replica: string;
  readonly topic: TopicSpec;
  readonly keys: Pick<ContentKeyTable, 'of'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** What was to be kept and is not, by reason. */
  readonly lost: Counter;
  readonly queueBytesMax?: number;
  readonly retryMs?: number;
};

/**
 * Seals and publishes contents behind the calls that they are of, one batch at a time. Best effort, and bounded: nothing
 * waits for it, and nothing of it is ever on a disk here. A record of contents says nothing of them.
 */
export class ContentsQueue {
  private readonly waiting: CallContents[] = [];
  private waitingBytes = 0;
  private running: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private readonly macKey;
  private readonly epoch: number;
  private position = 0;
  private hasTopic = false;

  constructor(private readonly options: ContentsQueueOptions) {
    this.macKey = deriveMacKey(options.busKey);
    this.epoch = Math.floor(options.clock.nowMs());
  }

  /** What waits, bytes. */
  get bytes(): number {
    return this.waitingBytes;
  }

  add(contents: CallContents): void {
    this.waiting.push(contents);
    this.waitingBytes += contents.memoryBytes;
    const { queueBytesMax = QUEUE_BYTES_MAX } = this.options;
    while (this.waitingBytes > queueBytesMax && this.waiting.length > 1) this.lose([this.take()], 'queue_full');
    this.start();
  }

  /** Publishes what there is, for a moment; what is left then is lost. */
  async close(): Promise<void> {
    const over = delay(CLOSE_MS, undefined, { ref: false });
    await Promise.race([this.running, over]);
    this.closing.abort();
    this.lose(this.waiting.splice(0), 'stopped');
  }

  private start(): void {
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      // Something may have come between its last look and now.
      if (this.waiting.length > 0 && !this.closing.signal.aborted) this.start();
    });
  }

  private async run(): Promise<void> {
    // Behind the call that brought it.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.nextBatch();
      const sealed = (await Promise.all(batch.map((contents) => this.seal(contents)))).filter(
        (each) => each !== undefined,
      );
      if (sealed.length > 0 && !(await this.isPublished(sealed))) return this.lose(batch, 'stopped');
    }
  }

  private nextBatch(): CallContents[] {
    const batch: CallContents[] = [];
    let bytes = 0;
    for (let [next] = this.waiting; next && batch.length < BATCH_CALLS_MAX; [next] = this.waiting) {
      bytes += next.memoryBytes;
      if (batch.length > 0 && bytes > BATCH_BYTES_MAX) break;
      batch.push(this.take());
    }
    return batch;
  }

  private take(): CallContents {
    const first = this.waiting.shift();
    if (!first) throw new RangeError('nothing waits');
    this.waitingBytes -= first.memoryBytes;
    return first;
  }

  private async seal(contents: CallContents): Promise<OutgoingRecord | undefined> {
    const { tenantId, decisionId, principalId, atMs } = contents.place;
    const key = await this.options.keys.of(tenantId);
    if (!key) return this.lose([contents], 'no_key');
    try {
      const { keyId, publicKey } = key;
      const kept = contents.kept();
      const jwe = await sealContents(publicKey, { tenantId, decisionId, keyId }, kept);
      const isTruncated = kept.request.isTruncated || kept.answer?.isTruncated === true;
      const at = new Date(atMs).toISOString();
      return this.recordOf({ tenantId, decisionId, at, keyId, principalId, ...contents.sizes, isTruncated, jwe });
    } catch {
      // The error may hold something of what was to be sealed.
      return this.lose([contents], 'unsealed');
    }
  }

  private recordOf(contents: ContentsRecord): OutgoingRecord {
    const { topic, replica } = this.options;
    this.position += 1;
    const place = { generation: 0, epoch: this.epoch, position: this.position };
    const value = Buffer.from(JSON.stringify(contents));
    const record = { topic: topic.name, key: contentsKey(contents), value, ...place };
    const time = contents.at;
    return sealRecord(this.macKey, record, {
      id: v7(),
      source: `/gateway/${replica}`,
      type: 'gateway.contents',
      time,
      schema: 1,
    });
  }

  /** As often as it takes; what comes meanwhile waits, up to the bound. False where it stops before. */
  private async isPublished(records: readonly OutgoingRecord[]): Promise<boolean> {
    const { bus, topic, logger, retryMs = RETRY_MS } = this.options;
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        if (!this.hasTopic) await bus.ensureTopics([topic]);
        this.hasTopic = true;
        await bus.publish(records);
        return true;
      } catch (error) {
        logger.warn({ err: error }, 'contents of calls could not be published');
        await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    return false;
  }

  private lose(contents: readonly CallContents[], reason: string): undefined {
    if (contents.length > 0) this.options.lost.add(contents.length, { reason });
  }
}
