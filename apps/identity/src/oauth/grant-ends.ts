import { EventStore, type Context } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { revocationAggregate } from '../aggregates.js';
import { revocationStep } from '../revocations/revocation-step.js';

/**
 * Grants and sessions have ids that are never used again, so their end concerns every token of them, also one that is
 * being signed while this is written: it is dated ahead by what a request may take, seconds.
 */
const AHEAD_SECONDS = 60;

type Ended = { readonly kind: 'grant' | 'session'; readonly id: string; readonly tenantId: string };

/** Ends what tokens hang on: one event with its state record, and everything of it is dead in that very transaction. */
@Injectable()
export class GrantEnds {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @returns the position to wait for until no replica accepts its tokens. Ending twice changes nothing. */
  async end({ kind, id, tenantId }: Ended, context: Context = ownContext(tenantId)): Promise<{ position: number }> {
    const { state } = await this.store.load(revocationAggregate, `${kind}/${id}`);
    if (state.status !== 'absent') return { position: await this.store.position() };
    const at = new Date(this.clock.nowMs() + AHEAD_SECONDS * 1_000).toISOString();
    return this.store.executeAll([revocationStep({ kind, id, tenantId, at })], { context });
  }
}

/** Nobody asked: a code or a refresh token came twice. */
function ownContext(tenantId: string): Context {
  const id = v7();
  return { actor: 'identity', tenantId, requestId: id, decisionId: id };
}
