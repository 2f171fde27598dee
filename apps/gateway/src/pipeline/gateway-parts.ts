import type { AccessFeed, Authenticator, PolicyView, TokenAuthenticator } from '#libs/access';
import type { DecisionSpool } from '#libs/spool';
import type { Clock, Logger } from '#libs/telemetry';
import type { AddressRules } from '#libs/http';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { ContentsKeeper } from '../contents/contents-keeper.js';
import type { SharedUsage } from '../limits/shared-usage.js';
import type { RetryBounds } from '../routing/retry-bounds.js';
import type { UpstreamHealth } from '../upstreams/upstream-health.js';
import type { UpstreamTargets } from '../upstreams/upstream-targets.js';

/** What the steps work with; each names what it needs. Everything is in memory: no step asks another service. */
export type GatewayParts = {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  readonly feed: Pick<AccessFeed, 'isReady' | 'freshness' | 'positions' | 'waitForPosition'>;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly tokens: Pick<TokenAuthenticator, 'authenticate'>;
  /** Where this gateway is reached: what tokens are for. */
  readonly publicUrl: string;
  readonly policy: Pick<PolicyView, 'snapshot'>;
  readonly spool: Pick<DecisionSpool, 'append' | 'appendJson' | 'appendUnverified' | 'durable'>;
  readonly targets: UpstreamTargets;
  readonly health: UpstreamHealth;
  readonly usage: Pick<SharedUsage, 'counter'>;
  readonly contents: Pick<ContentsKeeper, 'begin' | 'end'>;
  readonly trustedProxies: AddressRules;
  readonly metrics: GatewayMetrics;
  readonly bounds: GatewayBounds;
};

export type GatewayBounds = {
  readonly bodyBytesMax: number;
  /** Until the upstream's first byte of an answer. */
  readonly headersTimeoutMs: number;
  /** Between two bytes of an answer; a long stream that goes on is never cut. */
  readonly idleTimeoutMs: number;
  readonly retry: RetryBounds;
};
