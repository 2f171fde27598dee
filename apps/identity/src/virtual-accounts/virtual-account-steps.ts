import { Access, type Caller } from '#libs/access';
import type { Labels } from '#libs/contracts';
import { EventStore, step } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { virtualAccountAggregate } from '../aggregates.js';
import { KeyReach } from '../api-keys/key-reach.js';
import { PrincipalChanges } from '../grants/principal-changes.js';
import { PrincipalEnd } from '../principal-end.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import { accountResource, nameReservation, shownAccount } from './virtual-account-view.js';
import type { VirtualAccountRow } from './virtual-account-list.projection.js';

type Change = { readonly team?: string | null | undefined; readonly labels?: Labels | undefined };

const statusAfter = { SuspendVirtualAccount: 'suspended', ResumeVirtualAccount: 'active' } as const;

/** What stops and ends a virtual account, and with it all of its keys. */
@Injectable()
export class VirtualAccountSteps {
  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly principalEnd: PrincipalEnd,
    private readonly changes: PrincipalChanges,
    private readonly reach: KeyReach,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** The account, once the caller may do `action` to it; another tenant's is 404. */
  async find(caller: Caller, action: string, accountId: string) {
    const tenantId = caller.operator ? undefined : caller.tenantId;
    const found = await this.tables.virtualAccounts.find(tenantId, accountId);
    if (!found) throw this.access.notFound(caller, action, { type: 'virtual-account', path: accountId });
    this.access.require(caller, action, accountResource(found.row));
    return found;
  }

  /** An owner that does not exist would leave the account without one. */
  async requireTeam(caller: Caller, action: string, row: VirtualAccountRow, team: string) {
    if (!(await this.tables.teamNamed(row.tenantId, team)))
      throw this.access.notFound(caller, action, { type: 'team', path: team, tenant: row.tenantId });
  }

  /** Labels grant by policy, and whoever owns an account may come to act as it: the caller must hold what either gives. */
  async requireChange(caller: Caller, row: VirtualAccountRow, { team, labels }: Change): Promise<void> {
    const question = { action: 'virtual-account:edit', resource: accountResource(row) };
    const principal = { kind: 'virtual-account' as const, id: row.id, subject: `virtual-account:${row.name}`, row };
    if (labels) await this.changes.requireLabels(caller, question, principal, labels);
    if (!team) return;
    await this.requireTeam(caller, question.action, row, team);
    await this.reach.requireHeld(caller, question, { owner: principal, kind: 'vak', restrictions: {} });
  }

  async take(caller: Caller, action: string, accountId: string, type: keyof typeof statusAfter, reasonText?: string) {
    const { row } = await this.find(caller, action, accountId);
    const reason = await this.writes.reason(caller, reasonText);
    const named = { virtualAccountId: row.id, tenantId: row.tenantId, at: this.clock.nowIso() };
    const context = this.writes.context(caller, row.tenantId);
    const command = { type, ...named, ...reason };
    const outcome = await this.store.execute(virtualAccountAggregate, row.id, command, { context });
    return this.writes.narrowed(shownAccount({ ...row, status: statusAfter[type] }), outcome);
  }

  /** For good: keys and memberships end, the name is free again. */
  async delete(caller: Caller, accountId: string, expectedVersion: number | undefined) {
    const { row } = await this.find(caller, 'virtual-account:delete', accountId);
    const named = { virtualAccountId: row.id, tenantId: row.tenantId, at: this.clock.nowIso() };
    const release = () => [nameReservation(row)];
    const options = { release, ...(expectedVersion !== undefined && { expectedVersion }) };
    const plan = async () => [
      step(virtualAccountAggregate, row.id, { type: 'DeleteVirtualAccount' as const, ...named }, options),
      ...(await this.principalEnd.steps(row, named.at)),
    ];
    const { position } = await this.store.executeAll(plan, { context: this.writes.context(caller, row.tenantId) });
    return this.writes.narrowed(shownAccount({ ...row, status: 'deleted' }), { position });
  }
}
