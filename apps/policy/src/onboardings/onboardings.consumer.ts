import { AccessFeed } from '#libs/access';
import { Bus, SealedTopic } from '#libs/bus';
import { OnboardingRecord, topics, WATERMARK_KEY } from '#libs/contracts';
import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PolicyKeys } from '../policy-keys.js';
import { OnboardingPolicy } from './onboarding-policy.js';

/** What identity wants of policy for tenants that are to be. */
@Injectable()
export class OnboardingsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly topic: SealedTopic<OnboardingRecord>;

  constructor(bus: Bus, keys: PolicyKeys, onboardings: OnboardingPolicy, feed: AccessFeed, logger: Logger) {
    this.topic = new SealedTopic({
      bus,
      macKey: keys.bus,
      logger,
      group: 'policy.onboardings.v1',
      topic: topics.identityOnboardings,
      schema: OnboardingRecord,
      isReady: () => feed.isReady(),
      ignores: (key) => key === WATERMARK_KEY,
      take: (record) => onboardings.take(record),
    });
  }

  onApplicationBootstrap(): void {
    this.topic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.topic.close();
  }
}
