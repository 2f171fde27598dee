import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { AccessFeed, MasterKey, resourceMetadata } from '#libs/access';
import type { Readiness } from '#libs/http';
import type { Resources } from '#libs/service';
import type { Metrics } from '#libs/telemetry';
import { ContentKeysFeed } from './contents/content-keys-feed.js';
import type { GatewaySettings } from './gateway.config.js';
import { ownTopics, type GatewayTopics } from './gateway-topics.js';
import { sumOfMetrics } from './metrics/sum-of-metrics.js';
import { Serving } from './serving.js';
import { SnapshotKeeper } from './snapshot/snapshot-keeper.js';
import { ServingThreads, type Forward } from './threads/serving-threads.js';
import { gatewayViews, type GatewayViews } from './threads/gateway-views.js';
import { SecretsFeed } from './upstreams/secrets-feed.js';
import { UpstreamCredentials } from './upstreams/upstream-credentials.js';

/** How long the last snapshot may take. */
const snapshotMsMax = 1_500;

/** The request path and what keeps it in step with the bus, from start to stop. */
export class GatewayRuntime {
  private readonly views: GatewayViews;
  private readonly secrets: SecretsFeed;
  private readonly keeper: SnapshotKeeper;
  private readonly contentKeysFeed: ContentKeysFeed;
  private readonly serving: Serving;
  /** Where this thread is not the only one that serves. */
  private readonly threads: ServingThreads | undefined;
  private feed: AccessFeed | undefined;

  constructor(
    private readonly resources: Resources,
    private readonly settings: GatewaySettings,
    private readonly topics: GatewayTopics = ownTopics,
  ) {
    const { bus, busKey, replica, logger, clock } = resources;
    const isAlone = settings.GATEHOUSE_SERVING_THREADS === 1;
    this.threads = isAlone ? undefined : new ServingThreads({ settings, topics, logger });
    const { threads } = this;
    const credentials = new UpstreamCredentials(MasterKey.parse(settings.GATEHOUSE_MASTER_KEY));
    this.views = gatewayViews({ clock, logger, credentials, tell: threads && ((news) => threads.tell(news)) });
    const { secretRecords, contentKeyRecords } = this.views;
    const following = { bus, busKey, replica, logger };
    this.secrets = new SecretsFeed({ ...following, credentials: secretRecords, topic: topics.policySecrets });
    this.contentKeysFeed = new ContentKeysFeed({ ...following, keys: contentKeyRecords, topic: topics.contentKeys });
    this.serving = new Serving({ resources, settings, topics, ...this.views });
    const stateTopics = [topics.identityState.name, topics.policyState.name];
    const path = `${settings.GATEHOUSE_DATA}/snapshot/state`;
    this.keeper = new SnapshotKeeper({ path, bus, busKey, clock, logger, topics: stateTopics });
  }

  /** Begins to follow the bus. It serves nobody until everything that was there is applied. */
  async start(forward: Forward): Promise<void> {
    // Before anything is applied: what other threads are told has no beginning but this.
    this.threads?.start({ share: this.views.share, forward, standing: () => this.standing() });
    this.contentKeysFeed.start();
    // Each waits for the brokers several times, and none for another.
    const [feed] = await Promise.all([this.follow(), this.secrets.start(), this.serving.start()]);
    this.keeper.start(feed);
  }

  /** Puts the pipeline in front of the framework. Called when the feed exists. */
  serve(server: Server, metrics: Metrics, readiness: Readiness): void {
    const { feed, threads } = this;
    if (!feed) throw new Error('The feed has not been started.');
    readiness.register('state', () => this.isReady() || 'replaying');
    readiness.register('lease', () => feed.freshness().serve || 'the log lease is over');
    this.serving.serve(server, metrics, {
      isReady: () => this.isReady(),
      freshness: (staleServeSeconds) => feed.freshness(staleServeSeconds),
      positions: () => feed.positions(),
      waitForPosition: (...asked) => feed.waitForPosition(...asked),
    });
    this.observe(metrics);
    if (!threads) return;
    readiness.register('threads', () => threads.isReady() || 'a thread does not serve yet');
    server.once('listening', () => void threads.listen(server.address() as AddressInfo));
  }

  /** What anybody may know of it (RFC 9728), as the records say now. `path`: of the part that is asked about. */
  resourceMetadata(path: string) {
    return resourceMetadata(this.views.identity, this.resources.publicUrl + path);
  }

  /** What all threads count, from what this one does. */
  async metricsOf(own: string): Promise<string> {
    return this.threads ? sumOfMetrics([own, ...(await this.threads.metrics())]) : own;
  }

  /** Lets calls under way end, up to a bound. The server takes no new connections meanwhile. */
  async drain(): Promise<void> {
    await Promise.all([this.serving.drain(), this.threads?.drain()]);
  }

  async close(): Promise<void> {
    // Without the bus it cannot be written, and is no reason to stay.
    await Promise.race([this.lastSnapshot(), setTimeout(snapshotMsMax, undefined, { ref: false })]);
    const readers = [this.feed?.close(), this.secrets.close(), this.contentKeysFeed.close()];
    await Promise.all([...readers, this.serving.close(), this.threads?.close()]);
  }

  /** Goes on from the snapshot file, where there is one that is believed. */
  private async follow(): Promise<AccessFeed> {
    const feed = this.feedFrom(await this.keeper.restore());
    this.feed = feed;
    await feed.start();
    return feed;
  }

  private feedFrom(restored: Awaited<ReturnType<SnapshotKeeper['restore']>>): AccessFeed {
    const { bus, busKey, replica, logger, clock: time } = this.resources;
    const { topics, threads } = this;
    const { identity, policy } = this.views;
    const clock = { monotonicMs: () => time.monotonicMs(), wallMs: () => time.nowMs() };
    const feed: AccessFeed = new AccessFeed({
      service: 'gateway',
      replica,
      bus,
      busKey,
      logger,
      clock,
      identity,
      policy,
      topics,
      ...(threads && { inForceElsewhere: () => threads.inForce(feed.positions()) }),
      ...(restored && { restored }),
    });
    return feed;
  }

  private async lastSnapshot(): Promise<void> {
    if (this.feed?.isReady()) await this.keeper.write(this.feed);
    await this.keeper.close();
  }

  private isReady(): boolean {
    return (this.feed?.isReady() ?? false) && this.secrets.isReady() && this.serving.isReady();
  }

  private standing() {
    return this.feed && { ...this.feed.standing(), isReady: this.isReady() };
  }

  private observe(metrics: Metrics): void {
    const { identity, credentials } = this.views;
    metrics.gaugeOf('gatehouse_keys', 'Keys known to this replica.', () => identity.counts().credentials);
    metrics.gaugeOf('gatehouse_revocations', 'Revocations held.', () => identity.counts().revocations);
    metrics.gaugeOf('gatehouse_upstream_accounts', 'Accounts with a credential.', () => credentials.counts().accounts);
    metrics.gaugeOf('gatehouse_stale_ms', 'How far the lease is over.', () => this.feed?.freshness().staleMs ?? 0);
  }
}
