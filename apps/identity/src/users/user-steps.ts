import { Access, type Caller } from '#libs/access';
import type { Sealed } from '#libs/contracts';
import { EventStore, step } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { userAggregate } from '../aggregates.js';
import { EndedInvitations } from '../invitations/ended-invitations.js';
import { Passwords } from '../passwords/passwords.js';
import { PrincipalEnd } from '../principal-end.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import { Erasure } from './erasure.js';
import type { UserRow } from './user-list.projection.js';
import { emailReservation } from './user-email.js';
import { shownUser, userResource } from './user-view.js';

const statusAfter = { SuspendUser: 'suspended', ResumeUser: 'active' } as const;

/** What stops and ends a user, and with them every credential that acts as them. */
@Injectable()
export class UserSteps {
  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly principalEnd: PrincipalEnd,
    private readonly passwords: Passwords,
    private readonly erasure: Erasure,
    private readonly invitations: EndedInvitations,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** The user, once the caller may do `action` to them; another tenant's is 404. */
  async find(caller: Caller, action: string, userId: string) {
    const found = await this.tables.users.find(caller.operator ? undefined : caller.tenantId, userId);
    if (!found) throw this.access.notFound(caller, action, { type: 'user', path: userId });
    this.access.require(caller, action, userResource(found.row));
    return found;
  }

  async take(caller: Caller, action: string, userId: string, type: keyof typeof statusAfter, reasonText?: string) {
    const { row } = await this.find(caller, action, userId);
    const { tenantId } = row;
    const reason = await this.writes.reason(caller, reasonText);
    const command = { type, userId, tenantId, at: this.clock.nowIso(), ...reason };
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(userAggregate, userId, command, { context });
    return this.writes.narrowed(shownUser({ ...row, status: statusAfter[type] }), outcome);
  }

  /** For good: keys end, also those that race with this (by the epoch), memberships end, the address is free again. Virtual accounts stay. */
  async deactivate(caller: Caller, userId: string, reasonText?: string) {
    const { row } = await this.find(caller, 'user:delete', userId);
    const reason = await this.writes.reason(caller, reasonText);
    const position = await this.end(caller, row, { type: 'DeactivateUser', ...reason });
    // The event is what shuts them out; this is so that no table keeps what nobody needs.
    await this.passwords.remove(userId);
    return this.writes.narrowed(shownUser({ ...row, status: 'deactivated' }), { position });
  }

  /** Ends the user if they live, then makes what is kept of them unreadable. What stays is an id that says nothing. */
  async erase(caller: Caller, userId: string) {
    const { row } = await this.find(caller, 'user:delete', userId);
    // First: afterwards nobody knows the address any more.
    if (row.email !== null) {
      await this.invitations.withdrawAllTo(row.email, this.writes.context(caller, row.tenantId));
    }
    const position = await this.end(caller, row, { type: 'EraseUser' });
    await this.erasure.of(userId);
    const erased = { email: null, displayName: null, status: 'deactivated' } as const;
    return this.writes.narrowed(shownUser({ ...row, ...erased }), { position });
  }

  private async end(caller: Caller, row: UserRow, how: EndOfUser): Promise<number> {
    const { id: userId, tenantId, email, status } = row;
    const at = this.clock.nowIso();
    // An address that was given back may be somebody else's by now.
    const release = () => (email === null || status === 'deactivated' ? [] : [emailReservation(tenantId, email)]);
    const plan = async () => [
      step(userAggregate, userId, { ...how, userId, tenantId, at }, { release }),
      ...(await this.principalEnd.steps({ id: userId, tenantId }, at)),
    ];
    const { position } = await this.store.executeAll(plan, { context: this.writes.context(caller, tenantId) });
    return position;
  }
}

type EndOfUser = { type: 'DeactivateUser'; reason?: Sealed } | { type: 'EraseUser' };
