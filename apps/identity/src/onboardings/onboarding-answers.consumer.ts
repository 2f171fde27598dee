import { AccessFeed } from '#libs/access';
import { Bus, SealedTopic, type MacKey } from '#libs/bus';
import { OnboardingAnswer, topics, WATERMARK_KEY } from '#libs/contracts';
import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { REPORT_MAC_KEY } from '../revocations/replica-reports.consumer.js';
import { OnboardingProcess } from './onboarding-process.js';

/** What policy has decided about tenants that are to be. */
@Injectable()
export class OnboardingAnswersConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly topic: SealedTopic<OnboardingAnswer>;

  constructor(
    bus: Bus,
    @Inject(REPORT_MAC_KEY) macKey: MacKey,
    process: OnboardingProcess,
    feed: AccessFeed,
    logger: Logger,
  ) {
    this.topic = new SealedTopic({
      bus,
      macKey,
      logger,
      group: 'identity.onboarding-answers.v1',
      topic: topics.policyOnboardings,
      schema: OnboardingAnswer,
      isReady: () => feed.isReady(),
      ignores: (key) => key === WATERMARK_KEY,
      take: (answer) => process.take(answer),
    });
  }

  onApplicationBootstrap(): void {
    this.topic.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.topic.close();
  }
}
