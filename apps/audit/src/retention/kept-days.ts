import { PolicyView } from '#libs/access';
import { Slug } from '#libs/contracts';
import { Injectable } from '@nestjs/common';
import { LegalHolds } from '../legal-holds/legal-holds.js';
import { firstKeptDay } from './retention-days.js';

/** How long each tenant keeps its decisions and calls: `retentionDays` of its TenantSettings. */
@Injectable()
export class KeptDays {
  constructor(
    private readonly policy: PolicyView,
    private readonly holds: LegalHolds,
  ) {}

  /** The first day (UTC) that is kept of a tenant; undefined while nobody knows what it wants: then all are. */
  first(tenantId: string, nowMs: number): string | undefined {
    // Requests of nobody are of no tenant, and nobody's settings.
    if (tenantId === '') return firstKeptDay(undefined, nowMs);
    // No tenant has such a name; somebody else wrote this.
    if (!Slug.safeParse(tenantId).success) return undefined;
    const snapshot = this.policy.snapshot(tenantId);
    return snapshot && firstKeptDay(snapshot.settings?.retentionDays, nowMs);
  }

  /** As {@link first}, of the rows that must be there: of a tenant under legal hold none has gone since it was set. */
  async firstThere(tenantId: string, nowMs: number): Promise<string | undefined> {
    const hold = (await this.holds.inForce()).get(tenantId);
    return this.first(tenantId, hold ? Date.parse(hold.since) : nowMs);
  }
}
