import { Access, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';
import { Tables } from '../tables.js';

/** Whose tenant a request is about: the caller's own, or the one that an operator names, if there is such a tenant. */
@Injectable()
export class TenantScope {
  constructor(
    private readonly access: Access,
    private readonly tables: Tables,
  ) {}

  /** @throws AccessRefused 404 where the tenant named is not the caller's to name, or does not exist. */
  async reading(caller: Caller, action: string, named?: string): Promise<string> {
    return this.existing(caller, action, named, true);
  }

  /** Like {@link reading}, and 404 for a deleted tenant too: nothing is added to it any more. */
  async adding(caller: Caller, action: string, named?: string): Promise<string> {
    return this.existing(caller, action, named, false);
  }

  private async existing(caller: Caller, action: string, named: string | undefined, evenDeleted: boolean) {
    const tenantId = this.access.tenantOf(caller, named);
    // Whoever is let in belongs to a living tenant.
    if (tenantId === caller.tenantId) return tenantId;
    const found = await this.tables.tenants.find(undefined, tenantId);
    if (found && (evenDeleted || found.row.status !== 'deleted')) return tenantId;
    throw this.access.notFound(caller, action, { type: 'tenant', path: tenantId });
  }
}
