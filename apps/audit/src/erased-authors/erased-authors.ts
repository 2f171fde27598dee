import { IdentityView } from '#libs/access';
import { SubjectKeys } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

/** A minute at most after audit has heard of an erasure it is done here, too. */
const SWEEP_EVERY_MS = 60_000;

/** What people wrote here, the reasons of legal holds, is unreadable once identity has told that they were erased. */
@Injectable()
export class ErasedAuthors implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds = new Rounds({
    work: () => this.sweep(),
    pauseMs: () => SWEEP_EVERY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'erased users could not be looked for'),
  });

  constructor(
    private readonly subjectKeys: SubjectKeys,
    private readonly identity: IdentityView,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Answers of how many the keys went. Somebody who is not known (yet) keeps theirs. */
  async sweep(): Promise<number> {
    const erased = await this.subjectKeys.eraseThose((id) => this.identity.principal(id)?.erased === true);
    if (erased.length > 0) this.logger.info({ count: erased.length }, 'what erased users wrote is unreadable now');
    return erased.length;
  }
}
