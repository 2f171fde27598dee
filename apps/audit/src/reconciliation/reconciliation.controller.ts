import { CallerParam, Requires, type Caller } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { ReconciliationOfLog } from './reconciliation-of-log.js';
import { ReconciliationOfTenant } from './reconciliation-of-tenant.js';
import { ShownReconciliation } from './reconciliation-answers.js';

const { tenant, from } = recordQuery;
const LookQuery = z.strictObject({ tenant, from });
type LookQuery = z.output<typeof LookQuery>;

/** Whether decisions made are rows stored: nothing missing, nothing twice. */
@Controller('v1/reconciliation')
export class ReconciliationController {
  constructor(
    private readonly reach: AuditReach,
    private readonly log: ReconciliationOfLog,
    private readonly tenants: ReconciliationOfTenant,
  ) {}

  /** Of the whole log for the operator; of one tenant for those who may read all of its audit. */
  @Get()
  @Requires('audit:read')
  @Answers('Compares what was decided with what is stored.', { 200: ShownReconciliation })
  async look(@CallerParam() caller: Caller, @Query({ schema: LookQuery }) query: LookQuery) {
    const reach = this.reach.ofAll(caller, 'reconciliation', query.tenant);
    const found =
      reach.tenant === undefined ? await this.log.look(query.from) : await this.tenants.look(reach.tenant, query.from);
    this.reach.grant(caller, 'reconciliation', reach);
    return found;
  }
}
