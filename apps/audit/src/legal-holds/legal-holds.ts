import { LegalHoldReleased, LegalHoldSet, type LegalHoldEvent } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { afterHoldEvent, noHolds, type HeldTenants, type Hold } from './held-tenants.projection.js';

const TYPES = [LegalHoldSet.type, LegalHoldReleased.type];
/** Events of one question to the store. */
const EVENTS_AT_ONCE = 1_000;

/**
 * The holds that are in force. There are few, so they are folded in memory, further with each question: an answer has
 * every hold that was answered before it was asked for, of whichever replica.
 */
@Injectable()
export class LegalHolds {
  private held: HeldTenants = noHolds;

  constructor(private readonly store: EventStore) {}

  /** By tenant. @throws whatever the store throws: who cannot ask must take nobody for not held. */
  async inForce(): Promise<ReadonlyMap<string, Hold>> {
    // Asked first: what is written meanwhile is for the next question.
    const end = await this.store.position();
    for (let full = end > this.held.position; full;) {
      const afterPosition = this.held.position;
      const events = await this.store.read({ afterPosition, types: TYPES, limit: EVENTS_AT_ONCE });
      full = events.length === EVENTS_AT_ONCE;
      for (const { event, ...at } of events) this.held = afterHoldEvent(this.held, event as LegalHoldEvent, at);
    }
    // Past everything else in between, so that it is not looked through again.
    if (end > this.held.position) this.held = { ...this.held, position: end };
    return this.held.holds;
  }
}
