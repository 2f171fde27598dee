import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import {
  AccessFeed,
  Authenticator,
  IdentityView,
  MasterKey,
  PolicyView,
  resourceMetadata,
  TokenAuthenticator,
} from '#libs/access';
import { topics as contractTopics, type TopicSpec } from '#libs/contracts';
import { type Readiness, AddressRules } from '#libs/http';
import type { Resources } from '#libs/service';
import type { Metrics } from '#libs/telemetry';
import { ContentKeyTable } from './contents/content-key-table.js';
import { ContentKeysFeed } from './contents/content-keys-feed.js';
import { ContentsKeeper } from './contents/contents-keeper.js';
import { ContentsQueue } from './contents/contents-queue.js';
import { UpstreamOrigins } from './egress/upstream-origins.js';
import { circuitBoundsOf, retryBoundsOf, type GatewaySettings } from './gateway.config.js';
import { gatewayMetrics, type GatewayMetrics } from './metrics/gateway-metrics.js';
import { listenForModels } from './model-listener.js';
import { SharedUsage } from './limits/shared-usage.js';
import type { GatewayParts } from './pipeline/gateway-parts.js';
import { Pipeline } from './pipeline/pipeline.js';
import { SnapshotKeeper } from './snapshot/snapshot-keeper.js';
import { SecretsFeed } from './upstreams/secrets-feed.js';
import { UpstreamHealth } from './upstreams/upstream-health.js';
import { UpstreamCredentials } from './upstreams/upstream-credentials.js';
import { UpstreamTargets } from './upstreams/upstream-targets.js';

/** The topics that it follows; specs have their own. */
export type GatewayTopics = Readonly<
  Record<
    'identityState' | 'policyState' | 'policySecrets' | 'replicas' | 'usage' | 'contentKeys' | 'contents',
    TopicSpec
  >
>;
const { identityState, policyState, policySecrets, gatewayReplicas: replicas, gatewayUsage: usage } = contractTopics;
const { auditContentKeys: contentKeys, gatewayContents: contents } = contractTopics;
const ownTopics: GatewayTopics = { identityState, policyState, policySecrets, replicas, usage, contentKeys, contents };

/** How long calls under way may go on when the gateway stops; then they are cut, and recorded as such. */
const drainMsMax = 5_000;
/** How long the last snapshot may take. */
const snapshotMsMax = 1_500;

/** Kinds of keys that call models, themselves or by a token that they were exchanged for. */
const accepts = ['pat', 'vak'] as const;

/** The request path and what keeps it in step with the bus, from start to stop. */
export class GatewayRuntime {
  private readonly identity: IdentityView;
  private readonly policy: PolicyView;
  private readonly credentials: UpstreamCredentials;
  private readonly secrets: SecretsFeed;
  private readonly origins: UpstreamOrigins;
  private readonly keeper: SnapshotKeeper;
  private readonly health: UpstreamHealth;
  private readonly usage: SharedUsage;
  private readonly contentKeys = new ContentKeyTable();
  private readonly contentKeysFeed: ContentKeysFeed;
  private contents: ContentsQueue | undefined;
  private feed: AccessFeed | undefined;
  private pipeline: Pipeline | undefined;
  private isClosing = false;

  constructor(
    private readonly resources: Resources,
    private readonly settings: GatewaySettings,
    private readonly topics: GatewayTopics = ownTopics,
  ) {
    const { bus, busKey, replica, logger, clock, spool } = resources;
    this.identity = new IdentityView(() => clock.nowMs());
    this.policy = new PolicyView({ onAlarm: (alarm) => logger.error({ alarm }, 'a policy is not put in force') });
    this.credentials = new UpstreamCredentials(MasterKey.parse(settings.GATEHOUSE_MASTER_KEY));
    const { credentials } = this;
    this.secrets = new SecretsFeed({ bus, busKey, replica, logger, credentials, topic: topics.policySecrets });
    this.origins = new UpstreamOrigins(AddressRules.parse(settings.GATEHOUSE_EGRESS_ALLOW.join(',')), {
      connectionsMax: settings.GATEHOUSE_UPSTREAM_CONNECTIONS_MAX,
      connectTimeoutMs: settings.GATEHOUSE_UPSTREAM_CONNECT_TIMEOUT_MS,
    });
    this.health = new UpstreamHealth({
      monotonicMs: () => clock.monotonicMs(),
      bounds: circuitBoundsOf(settings),
      onChange: (change) => logger.warn(change, 'the circuit of an upstream changed'),
    });
    const { boot } = spool;
    this.usage = new SharedUsage({ bus, busKey, replica, boot, clock, logger, topic: topics.usage });
    const { contentKeys: keys } = this;
    this.contentKeysFeed = new ContentKeysFeed({ bus, busKey, replica, logger, keys, topic: topics.contentKeys });
    const stateTopics = [topics.identityState.name, topics.policyState.name];
    const path = `${settings.GATEHOUSE_DATA}/snapshot/state`;
    this.keeper = new SnapshotKeeper({ path, bus, busKey, clock, logger, topics: stateTopics });
  }

  /** Begins to follow the bus. It serves nobody until everything that was there is applied. */
  async start(): Promise<void> {
    const restored = await this.keeper.restore();
    const { bus, busKey, replica, logger, clock: time } = this.resources;
    const { identity, policy, topics } = this;
    const clock = { monotonicMs: () => time.monotonicMs(), wallMs: () => time.nowMs() };
    const own = { service: 'gateway', replica, bus, busKey, logger, clock, identity, policy, topics } as const;
    this.feed = new AccessFeed(restored ? { ...own, restored } : own);
    this.contentKeysFeed.start();
    await Promise.all([this.feed.start(), this.secrets.start(), this.usage.start()]);
    this.keeper.start(this.feed);
  }

  /** Puts the pipeline in front of the framework. Called when the feed exists. */
  serve(server: Server, metrics: Metrics, readiness: Readiness): void {
    readiness.register('state', () => this.isReady() || 'replaying');
    readiness.register('lease', () => this.feed?.freshness().serve || 'the log lease is over');
    this.pipeline = new Pipeline(this.parts(metrics));
    listenForModels(server, this.pipeline, () => this.isClosing);
    this.observe(metrics);
  }

  /** What anybody may know of it (RFC 9728), as the records say now. `path`: of the part that is asked about. */
  resourceMetadata(path: string) {
    return resourceMetadata(this.identity, this.resources.publicUrl + path);
  }

  /** Lets calls under way end, up to a bound. The server takes no new connections meanwhile. */
  async drain(): Promise<void> {
    this.isClosing = true;
    const { pipeline } = this;
    if (!pipeline) return;
    const isDrained = pipeline.drained().then(() => true);
    if (await Promise.race([isDrained, setTimeout(drainMsMax, false, { ref: false })])) return;
    pipeline.cut();
    await isDrained;
  }

  async close(): Promise<void> {
    // Without the bus it cannot be written, and is no reason to stay.
    await Promise.race([this.lastSnapshot(), setTimeout(snapshotMsMax, undefined, { ref: false })]);
    const readers = [this.feed?.close(), this.secrets.close(), this.contentKeysFeed.close()];
    await Promise.all([...readers, this.usage.close(), this.contents?.close(), this.origins.close()]);
  }

  private async lastSnapshot(): Promise<void> {
    if (this.feed?.isReady()) await this.keeper.write(this.feed);
    await this.keeper.close();
  }

  private isReady(): boolean {
    return (this.feed?.isReady() ?? false) && this.secrets.isReady() && this.usage.isReady();
  }

  private parts(metrics: Metrics): GatewayParts {
    const { feed, identity, policy, settings } = this;
    if (!feed) throw new Error('The feed has not been started.');
    const { clock, logger, spool, peppers, publicUrl } = this.resources;
    const counted = gatewayMetrics(metrics);
    return {
      clock,
      logger,
      spool,
      policy,
      feed: {
        isReady: () => this.isReady(),
        freshness: (staleServeSeconds) => feed.freshness(staleServeSeconds),
        positions: () => feed.positions(),
        waitForPosition: (...asked) => feed.waitForPosition(...asked),
      },
      authenticator: new Authenticator({ identity, peppers, policy, accepts }),
      tokens: new TokenAuthenticator({ identity, policy, publicUrl, accepts }),
      publicUrl,
      targets: new UpstreamTargets(this.origins, this.credentials),
      health: this.health,
      usage: this.usage,
      contents: this.keeperOf(counted),
      trustedProxies: AddressRules.parse(settings.GATEHOUSE_TRUSTED_PROXIES.join(',')),
      metrics: counted,
      bounds: {
        bodyBytesMax: settings.GATEHOUSE_BODY_BYTES_MAX,
        headersTimeoutMs: settings.GATEHOUSE_UPSTREAM_HEADERS_TIMEOUT_MS,
        idleTimeoutMs: settings.GATEHOUSE_UPSTREAM_IDLE_TIMEOUT_MS,
        retry: retryBoundsOf(settings),
      },
    };
  }

  private keeperOf({ contentsLost: lost }: GatewayMetrics): ContentsKeeper {
    const { contentKeys: keys, topics, settings } = this;
    const { bus, busKey, replica, clock, logger } = this.resources;
    const queue = new ContentsQueue({ bus, busKey, replica, topic: topics.contents, keys, clock, logger, lost });
    this.contents = queue;
    return new ContentsKeeper({ keys, queue, lost, bytesMax: settings.GATEHOUSE_CONTENTS_BYTES_MAX });
  }

  private observe(metrics: Metrics): void {
    const { spool } = this.resources;
    const { identity, credentials } = this;
    metrics.gaugeOf('gatehouse_keys', 'Keys known to this replica.', () => identity.counts().credentials);
    metrics.gaugeOf('gatehouse_revocations', 'Revocations held.', () => identity.counts().revocations);
    metrics.gaugeOf('gatehouse_upstream_accounts', 'Accounts with a credential.', () => credentials.counts().accounts);
    metrics.gaugeOf('gatehouse_circuits_open', 'Models whose upstream is left alone.', () => this.health.openCount());
    metrics.gaugeOf('gatehouse_limit_counters', 'Runs of windows that count.', () => this.usage.count());
    metrics.gaugeOf('gatehouse_stale_ms', 'How far the lease is over.', () => this.feed?.freshness().staleMs ?? 0);
    metrics.gaugeOf('gatehouse_spool_records', 'Records not published yet.', () => spool.lag().unpublishedRecords);
    metrics.gaugeOf('gatehouse_contents_bytes', 'Kept and not published yet.', () => this.contents?.bytes ?? 0);
    metrics.gaugeOf('gatehouse_calls_under_way', 'Requests under way.', () => this.pipeline?.count ?? 0);
  }
}
