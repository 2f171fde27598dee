import { OWN_ISSUER_ID, PLATFORM_TENANT, type IssuerKey } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { issuerAggregate } from '../aggregates.js';
import { PublicUrls } from '../public-urls.js';
import { audienceReservations } from './issuer-reservations.js';

/** Tells guards which keys our own tokens are verified with. */
@Injectable()
export class OwnIssuer {
  constructor(
    private readonly store: EventStore,
    private readonly urls: PublicUrls,
    private readonly clock: Clock,
  ) {}

  /**
   * These public keys and no others from now on; the same keys again change nothing.
   * @returns the position to wait for before a new key signs anything.
   */
  async publish(keys: readonly IssuerKey[]): Promise<{ readonly position: number }> {
    const { issuer, resources } = this.urls;
    const command = {
      type: 'PublishOwnIssuer' as const,
      issuerId: OWN_ISSUER_ID,
      tenantId: PLATFORM_TENANT,
      at: this.clock.nowIso(),
      issuer,
      audiences: [...resources],
      keys: [...keys],
    };
    const context = { actor: 'identity', tenantId: PLATFORM_TENANT, requestId: 'own-issuer', decisionId: 'own-issuer' };
    return this.store.execute(issuerAggregate, OWN_ISSUER_ID, command, {
      context,
      reserve: () => audienceReservations(issuer, resources),
    });
  }
}
