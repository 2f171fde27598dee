import { EventStore, Publication, step, SubjectKeys, type Context } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { invitationAggregate } from '../aggregates.js';
import { Tables } from '../tables.js';
import { InvitationTraces } from './invitation-traces.adapter.js';

/** Between two looks at what has ended. */
const LOOK_MS = 60_000;
/** Invitations that one look expires or forgets; what is left over is the next one's. */
const ENDED_AT_ONCE_MAX = 200;

/**
 * Nothing is kept of who was invited once an invitation is over: its key goes, and with it every copy of what was sealed.
 * What a process that died has left is completed by the next look; one process at a time does it: that which publishes.
 */
@Injectable()
export class EndedInvitations implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds = new Rounds({
    work: () => this.look(),
    pauseMs: () => LOOK_MS,
    onFailure: (error) => this.logger.error({ err: error }, 'invitations that have ended cannot be forgotten'),
  });

  constructor(
    private readonly traces: InvitationTraces,
    private readonly tables: Tables,
    private readonly store: EventStore,
    private readonly subjectKeys: SubjectKeys,
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

  /** Of one that has just ended. Its end stands, whether or not this succeeds: then the next look does it. */
  async forgetOne(invitationId: string): Promise<void> {
    try {
      await this.forget(invitationId);
    } catch (error) {
      this.logger.error({ err: error, invitationId }, 'an invitation that has ended cannot be forgotten yet');
    }
  }

  /** Of an address that is to be forgotten: the open ones of the tenant are withdrawn, and nothing of them is kept. */
  async withdrawAllTo(email: string, context: Context): Promise<void> {
    const { tenantId } = context;
    const query = { tenantId, afterPosition: 0, limit: ENDED_AT_ONCE_MAX, where: { email } };
    for (;;) {
      const open = await this.tables.invitations.page(query);
      if (open.length === 0) return;
      const at = this.clock.nowIso();
      const steps = open.map(({ row: { id: invitationId } }) =>
        step(invitationAggregate, invitationId, { type: 'WithdrawInvitation', invitationId, tenantId, at }),
      );
      await this.store.executeAll(steps, { context });
      for (const { row } of open) await this.forget(row.id);
    }
  }

  /** One look: at most {@link ENDED_AT_ONCE_MAX} of each kind. Repeating it is harmless. */
  async tidy(): Promise<void> {
    await this.expire();
    for (const id of await this.traces.unforgotten(ENDED_AT_ONCE_MAX)) await this.forget(id);
  }

  private async look(): Promise<void> {
    if (this.publication.status().role === 'active') await this.tidy();
  }

  /** Decided on the stream: one that is accepted at this very moment does not expire. */
  private async expire(): Promise<void> {
    const at = this.clock.nowIso();
    const expired = await this.traces.expired(at, ENDED_AT_ONCE_MAX);
    for (const [tenantId, rows] of Map.groupBy(expired, (row) => row.tenantId)) {
      const steps = rows.map(({ id: invitationId }) =>
        step(invitationAggregate, invitationId, { type: 'ExpireInvitation', invitationId, tenantId, at }),
      );
      const context = { actor: 'identity', tenantId, requestId: 'expiry', decisionId: 'expiry' };
      await this.store.executeAll(steps, { context });
    }
  }

  /** The key last: as long as it is there, a look finds what is left to do. */
  private async forget(invitationId: string): Promise<void> {
    await this.traces.dropAnswers(invitationId);
    await this.subjectKeys.erase(invitationId);
  }
}
