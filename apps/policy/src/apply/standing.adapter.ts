import { PLATFORM_TENANT, RevisionPublished } from '#libs/contracts';
import { EventStore, ProjectionRunner } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { policySetAggregate } from '../aggregates.js';
import { DocumentHistory, type StoredText } from '../documents/document-history.adapter.js';

/** What is in force where a change is to be made. */
export type Standing = {
  /** Of the tenant's stream: the number of its newest revision. */
  readonly version: number;
  readonly own: readonly StoredText[];
  readonly platform: readonly StoredText[];
};

/** Reads what is in force, from read models that were brought up to date first. */
@Injectable()
export class StandingSets {
  constructor(
    private readonly store: EventStore,
    private readonly projections: ProjectionRunner,
    private readonly history: DocumentHistory,
  ) {}

  async of(tenantId: string): Promise<Standing> {
    // The version first: what is read after it is at least as new, and an append on an older version fails.
    const { version } = await this.store.load(policySetAggregate, tenantId);
    await this.projections.catchUp([RevisionPublished.type]);
    const own = await this.history.texts(tenantId);
    const platform = tenantId === PLATFORM_TENANT ? [] : await this.history.texts(PLATFORM_TENANT);
    return { version, own, platform };
  }
}
