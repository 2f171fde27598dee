import { IdentityView } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { Tables } from '../../tables.js';

/** Whom a token acts as. */
export type TokenSubject = {
  readonly id: string;
  readonly kind: 'user' | 'virtual-account';
  readonly tenantId: string;
  readonly epoch: number;
  /** Names, as a hint for readers. */
  readonly teams: readonly string[];
};

/** Finds principals that tokens may be made for, as PostgreSQL has them: what was suspended a moment ago gets none. */
@Injectable()
export class TokenSubjects {
  constructor(
    @Inject(Tables) private readonly tables: Tables,
    @Inject(IdentityView) private readonly view: IdentityView,
  ) {}

  /** Undefined unless the principal, its tenant, and the team that owns it, are active. */
  async living(id: string): Promise<TokenSubject | undefined> {
    const kind = id.startsWith('va_') ? 'virtual-account' : 'user';
    const found = await (kind === 'user' ? this.tables.users.find(undefined, id) : this.account(id));
    if (found?.row.status !== 'active') return undefined;
    const { tenantId, epoch } = found.row;
    if (!(await this.tenantIsActive(tenantId))) return undefined;
    return { id, kind, tenantId, epoch, teams: this.view.principal(id)?.teams ?? [] };
  }

  private async account(id: string) {
    const found = await this.tables.virtualAccounts.find(undefined, id);
    if (!found || found.row.team === null) return found;
    const owner = await this.tables.teamNamed(found.row.tenantId, found.row.team);
    return owner?.row.status === 'suspended' ? undefined : found;
  }

  async tenantIsActive(tenantId: string): Promise<boolean> {
    if (tenantId === PLATFORM_TENANT) return true;
    return (await this.tables.tenants.find(undefined, tenantId))?.row.status === 'active';
  }
}
