import { Access, type AccessQuestion, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';
import { KeyReach } from '../api-keys/key-reach.js';
import { keyResource } from '../api-keys/key-view.js';
import { Principals } from '../principals.js';
import type { OAuthClientRow } from './client-list.projection.js';
import { clientResource } from './client-view.js';

type Asked = Pick<OAuthClientRow, 'id' | 'tenantId'>;

/**
 * Whoever holds a client's secret can act as the account that it is bound to. So binding one, and everything that gives
 * out or changes what a bound one proves itself with, is like issuing a key for the account, and asked as that too.
 */
@Injectable()
export class ClientRights {
  constructor(
    private readonly access: Access,
    private readonly reach: KeyReach,
    private readonly principals: Principals,
  ) {}

  /** @throws AccessRefused; ProblemError 403 where an account has more than the caller can be shown to hold. */
  async require(caller: Caller, action: string, client: Asked, accountIds: readonly (string | null)[]): Promise<void> {
    const { id, tenantId } = client;
    const bound = [...new Set(accountIds)].filter((accountId) => accountId !== null);
    const issuing = (ownerId: string): AccessQuestion => {
      return { action: 'key:create', resource: keyResource({ id, tenantId, ownerId }) };
    };
    this.access.requireAll(caller, [{ action, resource: clientResource(client) }, ...bound.map(issuing)]);
    for (const accountId of bound) {
      const owner = await this.principals.find(tenantId, `virtual-account:${accountId}`);
      // Whoever is deleted has no rights that could be got.
      if (owner) await this.reach.requireHeld(caller, issuing(accountId), { owner, kind: 'vak', restrictions: {} });
    }
  }
}
