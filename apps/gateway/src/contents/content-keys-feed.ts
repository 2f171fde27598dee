import { setTimeout as delay } from 'node:timers/promises';
import { deriveMacKey, StateFeed, type Bus } from '#libs/bus';
import type { TopicSpec } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import type { ContentKeyTable } from './content-key-table.js';

export type ContentKeysFeedOptions = {
  readonly bus: Bus;
  readonly busKey: Uint8Array;
  readonly replica: string;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly keys: ContentKeyTable;
  readonly topic: TopicSpec;
};

const RETRY_MS = 2_000;

/** Follows `audit.content-keys.v1` from its beginning. No call waits for it: without a key nothing is kept. */
export class ContentKeysFeed {
  private readonly feed: StateFeed;
  private readonly closing = new AbortController();
  private starting: Promise<void> = Promise.resolve();

  constructor(private readonly options: ContentKeysFeedOptions) {
    const { bus, busKey, replica, logger, keys, topic } = options;
    this.feed = new StateFeed({
      bus,
      topic: topic.name,
      reader: `gateway.content-keys.${replica}`,
      macKey: deriveMacKey(busKey),
      places: keys.places,
      apply: (key, value) => keys.apply(key, value),
      onStray: ({ reason }) => logger.warn({ reason }, 'a record of a content key was not applied'),
      // The log is another one: what is written for a key of before can be read or not, and harms nobody.
      onIncident: ({ kind, detail }) => logger.error({ kind, detail }, 'an incident on the topic of content keys'),
    });
  }

  /** Does not wait for the brokers. */
  start(): void {
    this.starting = this.join();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.starting;
    await this.feed.close();
  }

  private async join(): Promise<void> {
    const { bus, topic, logger } = this.options;
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await bus.ensureTopics([topic]);
        await this.feed.start();
        return;
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, 'content keys cannot be read yet');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
