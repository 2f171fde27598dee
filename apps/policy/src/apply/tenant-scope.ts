import { Access, IdentityView, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';

/** Whose policy a request is about: the caller's own tenant's, or that of the one that an operator names, if it exists. */
@Injectable()
export class TenantScope {
  constructor(
    private readonly access: Access,
    private readonly identity: IdentityView,
  ) {}

  /** @throws AccessRefused 404 where the tenant named is not the caller's to name, or does not exist. */
  of(caller: Caller, action: string, named?: string): string {
    const tenantId = this.access.tenantOf(caller, named);
    if (tenantId === caller.tenantId || this.identity.tenant(tenantId)) return tenantId;
    throw this.access.notFound(caller, action, { type: 'tenant', path: tenantId });
  }
}
