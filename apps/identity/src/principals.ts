import { Access, type AccessResource, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';
import type { ListTable } from './lists/list-table.adapter.js';
import { Tables } from './tables.js';
import type { UserRow } from './users/user-list.projection.js';
import type { VirtualAccountRow } from './virtual-accounts/virtual-account-list.projection.js';

/** Whom a text like `user:ada@acme.example` or `virtual-account:etl` names. */
export type Principal =
  | { readonly kind: 'user'; readonly id: string; readonly subject: string; readonly row: UserRow }
  | {
      readonly kind: 'virtual-account';
      readonly id: string;
      readonly subject: string;
      readonly row: VirtualAccountRow;
    };

/** Finds principals by the forms that people write, inside one tenant. */
@Injectable()
export class Principals {
  constructor(
    private readonly tables: Tables,
    private readonly access: Access,
  ) {}

  /**
   * @param text `user:<e-mail or id>`, `virtual-account:<name or id>`.
   * @throws AccessRefused 404, recorded under `action` on `resource`, when nobody of that tenant who lives is meant.
   */
  async resolve(caller: Caller, tenantId: string, text: string, action: string, resource: AccessResource) {
    const principal = await this.find(tenantId, text);
    if (!principal) throw this.access.notFound(caller, action, resource);
    return principal;
  }

  async find(tenantId: string, text: string): Promise<Principal | undefined> {
    const colon = text.indexOf(':');
    const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)];
    if (kind === 'user') return this.user(tenantId, name);
    return kind === 'virtual-account' ? this.virtualAccount(tenantId, name) : undefined;
  }

  private async user(tenantId: string, name: string): Promise<Principal | undefined> {
    const where = name.includes('@') ? { email: name.toLowerCase() } : { id: name };
    const row = await living(this.tables.users, tenantId, where);
    return row && { kind: 'user', id: row.id, subject: `user:${row.id}`, row };
  }

  private async virtualAccount(tenantId: string, name: string): Promise<Principal | undefined> {
    const where = name.startsWith('va_') ? { id: name } : { name };
    const row = await living(this.tables.virtualAccounts, tenantId, where);
    return row && { kind: 'virtual-account', id: row.id, subject: `virtual-account:${row.name}`, row };
  }
}

/** The one that has the name now. Any number may have had it before, so these are not looked through. */
async function living<Row extends object>(table: ListTable<Row>, tenantId: string, where: Record<string, unknown>) {
  for (const status of ['active', 'suspended']) {
    const query = { tenantId, afterPosition: 0, limit: 1, where: { ...where, status } };
    const [found] = await table.page(query);
    if (found) return found.row;
  }
  return undefined;
}
