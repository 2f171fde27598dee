import { Access, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { virtualAccountAggregate } from '../aggregates.js';
import { KeyReach } from '../api-keys/key-reach.js';
import { keyResource } from '../api-keys/key-view.js';
import { scheduleOf, type RotationBody } from '../rotations/rotation-body.js';
import { RotationSinks } from '../rotations/rotation-sinks.js';
import { Writes } from '../writes.js';
import { accountResource, shownAccount } from './virtual-account-view.js';
import { VirtualAccountSteps } from './virtual-account-steps.js';

/** By which schedule all keys of a virtual account rotate. The keys take it one after the other (`AccountSchedules`). */
@Injectable()
export class AccountRotation {
  constructor(
    private readonly access: Access,
    private readonly steps: VirtualAccountSteps,
    private readonly reach: KeyReach,
    private readonly sinks: RotationSinks,
    private readonly store: EventStore,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** Whoever reads the sink can act as the account, so the caller must hold what it may do. */
  async schedule(caller: Caller, accountId: string, body: RotationBody) {
    const { row } = await this.steps.find(caller, 'virtual-account:edit', accountId);
    const { id, tenantId, name } = row;
    const question = { action: 'key:rotate', resource: keyResource({ id: '*', tenantId, ownerId: id }) };
    this.access.requireAll(caller, [{ action: 'virtual-account:edit', resource: accountResource(row) }, question]);
    const owner = { kind: 'virtual-account' as const, id, subject: `virtual-account:${name}`, row };
    for (const kind of ['vak', 'svc'] as const) {
      await this.reach.requireHeld(caller, question, { owner, kind, restrictions: {} });
    }
    if (body.sink !== null) this.sinks.require(body.sink, tenantId);
    const schedule = scheduleOf(body);
    const about = { virtualAccountId: id, tenantId, at: this.clock.nowIso() };
    const command = { type: 'ScheduleVirtualAccountRotation' as const, ...about, schedule };
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(virtualAccountAggregate, id, command, { context });
    return this.writes.answer(shownAccount({ ...row, rotation: schedule }), outcome);
  }
}
