import { deriveMacKey, StateFeed, type Bus, type ReplayIncident } from '#libs/bus';
import type { TopicSpec } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import type { UpstreamCredentials } from './upstream-credentials.js';

export type SecretsFeedOptions = {
  readonly bus: Bus;
  readonly busKey: Uint8Array;
  readonly replica: string;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly credentials: Pick<UpstreamCredentials, 'places' | 'apply'>;
  readonly topic: TopicSpec;
};

/** Follows `policy.secrets.v1`, always from its beginning: it is short, and no file ever holds what it holds. */
export class SecretsFeed {
  private readonly feed: StateFeed;
  private isCaughtUp = false;
  private isStopped = false;

  constructor(private readonly options: SecretsFeedOptions) {
    const { bus, busKey, replica, credentials, logger, topic } = options;
    this.feed = new StateFeed({
      bus,
      topic: topic.name,
      reader: `gateway.secrets.${replica}`,
      macKey: deriveMacKey(busKey),
      places: credentials.places,
      apply: (key, value) => credentials.apply(key, value),
      onStray: ({ reason }) => logger.warn({ reason }, 'a record of an upstream credential was not applied'),
      onIncident: (incident) => this.onIncident(incident),
    });
  }

  /** Resolves when reading has begun. */
  async start(): Promise<void> {
    await this.options.bus.ensureTopics([this.options.topic]);
    await this.feed.start();
    void this.feed.ready().then(() => (this.isCaughtUp = true));
  }

  isReady(): boolean {
    return this.isCaughtUp && !this.isStopped;
  }

  close(): Promise<void> {
    return this.feed.close();
  }

  private onIncident({ kind, detail }: ReplayIncident): void {
    this.options.logger.error({ kind, detail }, 'an incident on the topic of upstream credentials');
    if (kind === 'end-moved-back' || kind === 'another-incarnation') this.isStopped = true;
  }
}
