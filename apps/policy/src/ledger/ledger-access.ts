import { Access, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';
import { callerAccount } from './call-entry.js';

/** Whose entries a caller may see: everybody's of a tenant, or those of one account. */
export type LedgerReach = { readonly tenantId: string; readonly account: string | undefined };

const ACTION = 'audit:read';

/**
 * What somebody used and cost is what audit tells of their calls, so it needs the same right: whoever may read only
 * their own calls sees only their own account.
 */
@Injectable()
export class LedgerAccess {
  constructor(private readonly access: Access) {}

  /**
   * Not recorded yet: {@link grant} follows, once it has been read.
   * @throws AccessRefused 403 for a caller that may not even see its own.
   */
  of(caller: Caller, tenantId: string): LedgerReach {
    const everybody = { tenantId, account: undefined };
    if (this.access.allowed(caller, ACTION, resourceOf(caller, everybody))) return everybody;
    const own = { tenantId, account: callerAccount(caller.principalKind, caller.principalId) };
    if (!this.access.allowed(caller, ACTION, resourceOf(caller, own))) this.grant(caller, own);
    return own;
  }

  grant(caller: Caller, reach: LedgerReach): void {
    this.access.require(caller, ACTION, resourceOf(caller, reach));
  }
}

function resourceOf({ principalId }: Caller, { tenantId: tenant, account }: LedgerReach) {
  return { type: 'audit', path: 'ledger', tenant, ...(account !== undefined && { owner: principalId }) };
}
