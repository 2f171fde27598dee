import { EventStore, Publication } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { issuerAggregate } from '../aggregates.js';
import { IssuerFetches, type DueIssuer } from './issuer-fetches.adapter.js';
import { KeySetFault, type KeySetFaultCode } from './key-set-fault.js';
import { KeySetFetch } from './key-set-fetch.js';

/** Keys are asked for so often: a key that its issuer withdraws is refused everywhere within it (and its jitter). */
export const REFRESHED_EVERY_MS = 300_000;
/** Keys that cannot be seen again are accepted for so long after they last were. */
export const KEYS_KEPT_MS = 24 * 3_600_000;
/** After a failure; doubled with each further one, up to {@link REFRESHED_EVERY_MS}. */
const RETRIED_AFTER_MS = 15_000;
/** Each time is moved by up to so much, so that issuers are not asked all at once. */
const JITTER = 0.2;
/** Between two looks at what is due. */
const LOOK_MS = 1_000;
/** Issuers that are asked at the same time: slow ones delay each other, and nothing else. */
const AT_ONCE_MAX = 8;
/** From so many failures in a row on it is an error. */
const ALARMED_FROM = 3;

/**
 * Keeps issuers' keys current. One process at a time does it: that which publishes. What it sees goes out with the
 * issuer's record, so that guards fetch nothing; what it cannot see stays as it was until its time is over.
 */
@Injectable()
export class IssuerKeyRefresh implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds = new Rounds({
    work: () => this.look(),
    pauseMs: () => LOOK_MS,
    onFailure: (error) => this.logger.error({ err: error }, 'issuers’ keys cannot be looked after'),
  });

  constructor(
    private readonly fetches: IssuerFetches,
    private readonly fetch: KeySetFetch,
    private readonly store: EventStore,
    private readonly publication: Publication,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async look(): Promise<void> {
    if (this.publication.status().role === 'active') await this.refreshDue();
  }

  private async refreshDue(): Promise<void> {
    const due = await this.fetches.due(this.clock.now(), AT_ONCE_MAX);
    await Promise.all(due.map((issuer) => this.refresh(issuer)));
  }

  private async refresh(issuer: DueIssuer): Promise<void> {
    try {
      const keys = await this.fetch.keys(issuer);
      await this.seen(issuer, keys);
    } catch (error) {
      if (!(error instanceof KeySetFault)) throw error;
      await this.failed(issuer, error.code);
    }
  }

  private async seen({ id, tenantId, issuer, keySource }: DueIssuer, keys: Awaited<ReturnType<KeySetFetch['keys']>>) {
    const now = this.clock.now();
    const command = {
      type: 'SeeIssuerKeys' as const,
      issuerId: id,
      tenantId,
      at: now.toISOString(),
      issuer,
      fetchedFrom: keySource,
      keys,
      keysUntil: new Date(now.getTime() + KEYS_KEPT_MS).toISOString(),
    };
    const context = { actor: 'identity', tenantId, requestId: 'issuer-keys', decisionId: 'issuer-keys' };
    await this.store.execute(issuerAggregate, id, command, { context });
    await this.fetches.succeeded(id, now, later(now, REFRESHED_EVERY_MS));
  }

  private async failed({ id, tenantId, failures }: DueIssuer, code: KeySetFaultCode): Promise<void> {
    const now = this.clock.now();
    const waitMs = Math.min(RETRIED_AFTER_MS * 2 ** Math.min(failures, 10), REFRESHED_EVERY_MS);
    await this.fetches.failed(id, code, now, later(now, waitMs));
    const about = { issuerId: id, tenantId, code, failures: failures + 1 };
    if (about.failures >= ALARMED_FROM) this.logger.error(about, 'an issuer’s keys cannot be fetched');
    else this.logger.warn(about, 'an issuer’s keys could not be fetched');
  }
}

function later(from: Date, ms: number): Date {
  return new Date(from.getTime() + ms * (1 - JITTER + 2 * JITTER * Math.random()));
}
