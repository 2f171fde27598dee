import { IdentityView } from '#libs/access';
import { runSqlOf, SubjectKeys } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { Rounds } from '#libs/service';
import { Logger } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

/** A minute at most after policy has heard of an erasure it is done here, too. */
const SWEEP_EVERY_MS = 60_000;

/**
 * What people wrote here, the reasons of revisions and documents, is sealed with a key of their own. Identity tells
 * in their record that a person was erased; their key here goes then, and with it every copy of those texts. It looks
 * at all who have a key, so neither a restart nor a text that was sealed late leaves anything behind.
 */
@Injectable()
export class ErasedAuthors implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sql: RunSql;
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => SWEEP_EVERY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'erased users could not be looked for'),
  });

  constructor(
    em: EntityManager,
    private readonly subjectKeys: SubjectKeys,
    private readonly identity: IdentityView,
    private readonly logger: Logger,
  ) {
    this.sql = runSqlOf(em);
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Erases the keys of all who were erased; answers of how many. Somebody who is not known (yet) keeps theirs. */
  async sweep(): Promise<number> {
    const erased = await this.subjectKeys.eraseThose((id) => this.identity.principal(id)?.erased === true);
    // Answers are kept for a repeated Idempotency-Key, with the texts as they were sent.
    for (const id of erased) await this.sql('delete from idempotency_keys where position($1 in body) > 0', [id]);
    return erased.length;
  }

  private async round(): Promise<void> {
    const count = await this.sweep();
    if (count > 0) this.logger.info({ count }, 'what erased users wrote is unreadable now');
  }
}
