import { Access, type Caller } from '#libs/access';
import { Injectable } from '@nestjs/common';

/** What audit answers about; the path of the resource that is authorised. */
export type Collection =
  | 'decisions'
  | 'calls'
  | 'usage'
  | 'analytics'
  | 'reconciliation'
  | 'changes'
  | 'conformity'
  | 'chain'
  | 'legal-holds';

/** Whose rows a caller may see. `tenant` undefined: every tenant's and those of none; `owner`: that principal's alone. */
export type Reach = { readonly tenant: string | undefined; readonly owner: string | undefined };

const ACTION = 'audit:read';

/** Turns rights into conditions of a query, so that pages are full and nothing is counted that may not be seen. */
@Injectable()
export class AuditReach {
  constructor(private readonly access: Access) {}

  /**
   * What to read for a caller, not recorded yet: {@link grant} or {@link missing} follows.
   * @throws AccessRefused 403 for a caller that may not even see its own, 404 for another tenant's name.
   */
  of(caller: Caller, collection: Collection, named?: string): Reach {
    const tenant = this.access.tenantOf(caller, named);
    const everybody = { tenant: caller.operator && named === undefined ? undefined : tenant, owner: undefined };
    if (this.access.allowed(caller, ACTION, resourceOf(caller, collection, everybody))) return everybody;
    const own = { tenant, owner: caller.principalId };
    if (!this.access.allowed(caller, ACTION, resourceOf(caller, collection, own))) this.grant(caller, collection, own);
    return own;
  }

  /** As {@link of}, for what is answered only to those who may see everybody's. */
  ofAll(caller: Caller, collection: Collection, named?: string): Reach {
    const reach = this.of(caller, collection, named);
    if (reach.owner !== undefined) this.grant(caller, collection, { ...reach, owner: undefined });
    return reach;
  }

  /** Whether a caller still may see what it was granted; neither recorded nor counted as having asked. */
  holds(caller: Caller, collection: Collection, reach: Reach): boolean {
    return this.access.allowed(caller, ACTION, resourceOf(caller, collection, reach));
  }

  /** Records that the rows are given out. */
  grant(caller: Caller, collection: Collection, reach: Reach): void {
    this.access.require(caller, ACTION, resourceOf(caller, collection, reach));
  }

  /** To be thrown where there is no such row, or none that the caller may see. */
  missing(caller: Caller, collection: Collection, id: string): Error {
    return this.access.notFound(caller, ACTION, { type: 'audit', path: `${collection}/${id}` });
  }
}

function resourceOf(caller: Caller, path: string, { tenant = caller.tenantId, owner }: Reach) {
  return { type: 'audit', path, tenant, ...(owner !== undefined && { owner }) };
}
