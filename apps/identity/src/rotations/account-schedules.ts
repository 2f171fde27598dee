import { EntityManager } from '@mikro-orm/postgresql';
import type { RotationSchedule } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { sql } from 'kysely';
import { apiKeyAggregate } from '../aggregates.js';
import { byRotation } from './rotation-context.js';

/** Between two rounds, ms. */
const ROUND_MS = 5_000;
/** Keys that take or leave the schedule of their account in one round. */
const KEYS_PER_ROUND = 200;

type Differing = { keyId: string; tenantId: string; version: string; schedule: RotationSchedule | null };

/**
 * Brings the keys of a virtual account to its schedule, whichever came first. Looked for over and over instead of once
 * when either changes: a key that is issued in the same moment, and a process that dies between two keys, are found all
 * the same.
 */
@Injectable()
export class AccountSchedules implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => ROUND_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'schedules of virtual accounts cannot be looked for'),
  });

  constructor(
    private readonly em: EntityManager,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** Everything that differs now, once. */
  async round(): Promise<void> {
    for (const key of await this.differing()) {
      if (this.rounds.signal.aborted) return;
      await this.take(key).catch((error: unknown) => this.report(key, error));
    }
  }

  /** On the version that was looked at: whoever changes the key meanwhile has the next round look again. */
  private async take({ keyId, tenantId, version, schedule }: Differing): Promise<void> {
    const about = { keyId, tenantId, at: this.clock.nowIso(), schedule, ...(schedule && { ofAccount: true as const }) };
    const options = { context: byRotation(tenantId), expectedVersion: Number(version) };
    await this.store.execute(apiKeyAggregate, keyId, { type: 'ScheduleApiKeyRotation', ...about }, options);
  }

  private async differing(): Promise<Differing[]> {
    const { rows } = await sql<Differing>`
      select key.id as "keyId", key.tenant_id as "tenantId", key.version, account.body -> 'rotation' as schedule
      from virtual_account_list_v1 account
      join key_list_v1 key on key.tenant_id = account.tenant_id and key.body ->> 'ownerId' = account.id
      where account.body -> 'rotation' is not null and account.body ->> 'status' <> 'deleted'
        and key.body ->> 'status' <> 'revoked'
        and case when account.body -> 'rotation' = 'null'::jsonb then key.body -> 'rotation' -> 'ofAccount' is not null
          else key.body -> 'rotation' -> 'ofAccount' is null
            or not key.body -> 'rotation' @> (account.body -> 'rotation') end
      order by key.position limit ${KEYS_PER_ROUND}
    `.execute(this.em.fork().getKysely());
    return rows;
  }

  private report({ keyId, tenantId }: Differing, error: unknown): void {
    if (error instanceof DomainError)
      this.logger.info({ keyId, tenantId, code: error.code }, 'a key changed meanwhile');
    else this.logger.error({ err: error, keyId, tenantId }, 'a key could not take the schedule of its account');
  }
}
