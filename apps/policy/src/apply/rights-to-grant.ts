import { PolicyView, type Caller } from '#libs/access';
import { isAdministrator, type Principal } from '#libs/decision-engine';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';

/** Whom rule 11 excepts: operators everywhere, and who administers the tenant, by the snapshot that authorises them. */
@Injectable()
export class RightsToGrant {
  constructor(
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /** Who must hold what a change grants; undefined for somebody excepted. Their credential's narrowing plays no part. */
  holder(caller: Caller, tenantId: string): Principal | undefined {
    if (caller.operator) return undefined;
    const snapshot = this.policy.snapshot(tenantId);
    const isExcepted = snapshot !== undefined && isAdministrator(snapshot, caller.principal, this.clock.nowMs());
    return isExcepted ? undefined : caller.principal;
  }
}
