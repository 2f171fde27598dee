import { deriveMacKey, Membership, StateFeed, type Bus } from '#libs/bus';
import type { TopicSpec } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import type { ContentKeyTable } from './content-key-table.js';

export type ContentKeysFeedOptions = {
  readonly bus: Bus;
  readonly busKey: Uint8Array;
  readonly replica: string;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly keys: Pick<ContentKeyTable, 'places' | 'apply'>;
  readonly topic: TopicSpec;
};

const RETRY_MS = 2_000;

/** Follows `audit.content-keys.v1` from its beginning. No call waits for it: without a key nothing is kept. */
export class ContentKeysFeed {
  private readonly feed: StateFeed;
  private readonly membership: Membership;

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
    this.membership = new Membership({
      join: () => this.join(),
      retryMs: RETRY_MS,
      onFailure: (error) => logger.warn({ err: error }, 'content keys cannot be read yet'),
    });
  }

  /** Does not wait for the brokers. */
  start(): void {
    void this.membership.start();
  }

  async close(): Promise<void> {
    await this.membership.stop();
    // Also where a start began to read and failed then.
    await this.feed.close();
  }

  private async join(): Promise<StateFeed> {
    const { bus, topic } = this.options;
    await bus.ensureTopics([topic]);
    await this.feed.start();
    return this.feed;
  }
}
