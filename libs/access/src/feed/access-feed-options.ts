import type { Applied, Bus, BusClock, Logger, Watermark } from '#libs/bus';
import type { Service, TopicSpec } from '#libs/contracts';
import type { IdentityView } from '../identity/identity-view.js';
import type { PolicyView } from '../policy/policy-view.js';
import type { ReplicaReporter } from './replica-reporter.js';
import type { StateChunk } from './state-chunk.js';

/** The two services whose state is followed. */
export type FeedName = 'identity' | 'policy';

/** Both views at one moment. What a snapshot file holds, besides its MAC and its age. */
export type AccessState = {
  readonly topics: readonly {
    readonly topic: string;
    /** Null when the broker does not say. */
    readonly topicId: string | null;
    readonly clusterId: string;
    readonly applied: Applied;
    /** The writer's last word: after a restart it is no younger than it was. */
    readonly watermark: Watermark | null;
  }[];
  readonly chunks: readonly StateChunk[];
};

export type AccessFeedOptions = {
  readonly service: Service;
  /** Unique over all services and replicas. */
  readonly replica: string;
  /** Names this process start; made when absent. */
  readonly boot?: string;
  readonly bus: Bus;
  /** At least 32 bytes. */
  readonly busKey: Uint8Array;
  readonly logger: Logger;
  readonly identity: IdentityView;
  readonly policy: PolicyView;
  /** Those of contracts unless given. */
  readonly topics?: {
    readonly identityState: TopicSpec;
    readonly policyState: TopicSpec;
    readonly replicas: TopicSpec;
  };
  /** Kafka's unless given. */
  readonly reporter?: ReplicaReporter;
  /** Awaited before each report: other threads follow the views, and what is reported is in force on all of them. */
  readonly inForceElsewhere?: () => Promise<void>;
  /** Put into the views, which must be empty, before reading goes on behind it. */
  readonly restored?: AccessState;
  readonly clock?: BusClock;
};
