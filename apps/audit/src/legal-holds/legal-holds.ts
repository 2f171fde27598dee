import { LegalHoldReleased, LegalHoldSet, type LegalHoldEvent } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { FoldedEvents } from '../folded-events.js';
import { afterHoldEvent, noHolds, type HeldTenants, type Hold } from './held-tenants.projection.js';

/** The holds that are in force. */
@Injectable()
export class LegalHolds {
  private readonly held: FoldedEvents<HeldTenants, LegalHoldEvent>;

  constructor(store: EventStore) {
    this.held = new FoldedEvents(store, {
      types: [LegalHoldSet.type, LegalHoldReleased.type],
      initial: noHolds,
      after: (held, { event, ...at }) => afterHoldEvent(held, event, at),
    });
  }

  /** By tenant. @throws whatever the store throws: who cannot ask must take nobody for not held. */
  async inForce(): Promise<ReadonlyMap<string, Hold>> {
    return (await this.held.now()).holds;
  }
}
