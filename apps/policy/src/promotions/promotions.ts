import type { Caller } from '#libs/access';
import { RevisionPublished, type DocumentChange } from '#libs/contracts';
import { ProjectionRunner } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { RightsToGrant } from '../apply/rights-to-grant.js';
import type { Standing } from '../apply/standing.adapter.js';
import { DocumentVersions } from '../documents/document-versions.adapter.js';
import type { WantedChange } from '../drafting/wanted-change.js';
import { hasSecondPerson, isInProduction, isPromotion } from './second-person.js';

/** What goes to production was made by one person and is promoted by another. */
@Injectable()
export class Promotions {
  constructor(
    private readonly versions: DocumentVersions,
    private readonly rights: RightsToGrant,
    private readonly projections: ProjectionRunner,
  ) {}

  /** Whether a change is one of production: what goes or is there, or is deleted from there. */
  concerns(change: DocumentChange, { own }: Pick<Standing, 'own'>): boolean {
    if (change.document !== null) return isPromotion(change);
    const held = own.find(({ kind, name }) => kind === change.kind && name === change.name);
    return held !== undefined && isInProduction(JSON.parse(held.text) as Record<string, unknown>);
  }

  /** The first promotion that has nobody behind it but the caller; undefined when there is none. */
  async withoutSecondPerson(
    caller: Caller,
    tenantId: string,
    wanted: readonly WantedChange[],
  ): Promise<DocumentChange | undefined> {
    const promotions = wanted.map(({ change }) => change).filter(isPromotion);
    // A revision that was made just before this one may not be in its read models yet.
    if (promotions.length > 0) await this.projections.catchUp([RevisionPublished.type]);
    for (const change of promotions) {
      const versions = await this.versions.all(tenantId, change.kind, change.name);
      // A name that never was serves nobody yet; who administers the tenant may begin with it in production.
      const mayBegin = versions.length === 0 && this.rights.holder(caller, tenantId) === undefined;
      const isPerson = caller.principalKind !== 'virtual-account';
      if (!mayBegin && !(isPerson && hasSecondPerson(change, versions, caller.principalId))) return change;
    }
    return undefined;
  }
}
