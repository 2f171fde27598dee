import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { Authenticator, TokenAuthenticator, type IdentityView, type PolicyView } from '#libs/access';
import { AddressRules } from '#libs/http';
import type { Resources } from '#libs/service';
import type { Metrics } from '#libs/telemetry';
import type { ContentKeyTable } from './contents/content-key-table.js';
import { ContentsKeeper } from './contents/contents-keeper.js';
import { ContentsQueue } from './contents/contents-queue.js';
import { UpstreamOrigins } from './egress/upstream-origins.js';
import { circuitBoundsOf, retryBoundsOf, type GatewaySettings } from './gateway.config.js';
import type { GatewayTopics } from './gateway-topics.js';
import { SharedUsage } from './limits/shared-usage.js';
import { gatewayMetrics, type GatewayMetrics } from './metrics/gateway-metrics.js';
import { listenForModels } from './model-listener.js';
import type { GatewayParts } from './pipeline/gateway-parts.js';
import { Pipeline } from './pipeline/pipeline.js';
import type { UpstreamCredentials } from './upstreams/upstream-credentials.js';
import { UpstreamHealth } from './upstreams/upstream-health.js';
import { UpstreamTargets } from './upstreams/upstream-targets.js';

/** How long calls under way may go on when the gateway stops; then they are cut, and recorded as such. */
const drainMsMax = 5_000;

/** Kinds of keys that call models, themselves or by a token that they were exchanged for. */
const accepts = ['pat', 'vak'] as const;

export type ServingOptions = {
  readonly resources: Omit<Resources, 'service' | 'close'>;
  readonly settings: GatewaySettings;
  readonly topics: GatewayTopics;
  readonly identity: IdentityView;
  readonly policy: PolicyView;
  readonly credentials: UpstreamCredentials;
  readonly contentKeys: ContentKeyTable;
};

/** What one thread serves calls with: its pipeline, its connections to upstreams, its claims on limits, its spool. */
export class Serving {
  private readonly origins: UpstreamOrigins;
  private readonly health: UpstreamHealth;
  private readonly usage: SharedUsage;
  private contents: ContentsQueue | undefined;
  private pipeline: Pipeline | undefined;
  private isClosing = false;

  constructor(private readonly options: ServingOptions) {
    const { settings, topics, resources } = options;
    const { bus, busKey, replica, logger, clock, spool } = resources;
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
  }

  /** Begins to hear what other gateways claim of limits. */
  start(): Promise<void> {
    return this.usage.start();
  }

  isReady(): boolean {
    return this.usage.isReady();
  }

  /** Puts the pipeline in front of whatever else listens. */
  serve(server: Server, metrics: Metrics, feed: GatewayParts['feed']): void {
    this.pipeline = new Pipeline(this.parts(metrics, feed));
    listenForModels(server, this.pipeline, () => this.isClosing);
    this.observe(metrics);
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
    await Promise.all([this.usage.close(), this.contents?.close(), this.origins.close()]);
  }

  private parts(metrics: Metrics, feed: GatewayParts['feed']): GatewayParts {
    const { settings, identity, policy, resources, credentials } = this.options;
    const { clock, logger, spool, peppers, publicUrl } = resources;
    const counted = gatewayMetrics(metrics);
    return {
      clock,
      logger,
      spool,
      policy,
      feed,
      authenticator: new Authenticator({ identity, peppers, policy, accepts }),
      tokens: new TokenAuthenticator({ identity, policy, publicUrl, accepts }),
      publicUrl,
      targets: new UpstreamTargets(this.origins, credentials),
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
    const { contentKeys: keys, topics, settings } = this.options;
    const { bus, busKey, replica, clock, logger } = this.options.resources;
    const queue = new ContentsQueue({ bus, busKey, replica, topic: topics.contents, keys, clock, logger, lost });
    this.contents = queue;
    return new ContentsKeeper({ keys, queue, lost, bytesMax: settings.GATEHOUSE_CONTENTS_BYTES_MAX });
  }

  private observe(metrics: Metrics): void {
    const { spool } = this.options.resources;
    metrics.gaugeOf('gatehouse_circuits_open', 'Models whose upstream is left alone.', () => this.health.openCount());
    metrics.gaugeOf('gatehouse_limit_counters', 'Runs of windows that count.', () => this.usage.count());
    metrics.gaugeOf('gatehouse_spool_records', 'Records not published yet.', () => spool.lag().unpublishedRecords);
    metrics.gaugeOf('gatehouse_contents_bytes', 'Kept and not published yet.', () => this.contents?.bytes ?? 0);
    metrics.gaugeOf('gatehouse_calls_under_way', 'Requests under way.', () => this.pipeline?.count ?? 0);
  }
}
