import { CallerParam, Requires, type Caller } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { DecisionReplay } from '../explain/decision-replay.js';
import type { DecidedRow } from '../explain/recorded-decision.js';
import { AuditReach } from '../records/audit-reach.js';
import { conditionsOf, recordQuery } from '../records/record-filter.js';
import { RecordList } from '../records/record-list.js';
import { ShownConformity } from './conformity-answers.js';

/** Most decisions that one question has made again. */
export const CONFORMITY_DECISIONS_MAX = 2_000;
/** Differences that an answer names; all are counted. */
const DIFFERENCES_NAMED_MAX = 100;

const { tenant, from, to } = recordQuery;
const limit = z.coerce.number().int().min(1).max(CONFORMITY_DECISIONS_MAX).default(500);
const ConformityQuery = z.strictObject({ tenant, from, to, limit });
type ConformityQuery = z.output<typeof ConformityQuery>;

type Difference = z.output<typeof ShownConformity>['differences'][number];

/** Whether what was recorded is what policy says: the last decisions, made again with the revisions of their time. */
@Controller('v1/conformity')
export class ConformityController {
  constructor(
    private readonly reach: AuditReach,
    private readonly list: RecordList,
    private readonly replay: DecisionReplay,
  ) {}

  @Get()
  @Requires('audit:read')
  @Answers('Makes the last recorded decisions again, and tells those that differ.', { 200: ShownConformity })
  async look(@CallerParam() caller: Caller, @Query({ schema: ConformityQuery }) query: ConformityQuery) {
    const reach = this.reach.ofAll(caller, 'conformity', query.tenant);
    const rows = (await this.list.page('decisions', query, conditionsOf(reach))).slice(0, query.limit);
    const skipped: Record<string, number> = {};
    const differing: Difference[] = [];
    let again = 0;
    let differences = 0;
    for await (const { row, replayed } of this.replay.all(rows as DecidedRow[])) {
      if (replayed.undecidable !== undefined) {
        skipped[replayed.undecidable] = (skipped[replayed.undecidable] ?? 0) + 1;
        continue;
      }
      again += 1;
      if (replayed.differences.length === 0) continue;
      differences += 1;
      if (differing.length < DIFFERENCES_NAMED_MAX) differing.push(differenceOf(row, replayed));
    }
    this.reach.grant(caller, 'conformity', reach);
    return {
      object: 'conformity',
      conforms: differences === 0,
      looked_at: rows.length,
      decided_again: again,
      not_decided_again: skipped,
      differing: differences,
      differences: differing,
    };
  }
}

function differenceOf(
  row: DecidedRow,
  {
    again,
    differences,
  }: { again: { allowed: boolean; reason: string; statements: readonly string[] }; differences: readonly string[] },
): Difference {
  return {
    decision_id: row.decision_id,
    at: row.at,
    policy_revision: row.policy_revision,
    columns: [...differences],
    recorded: {
      decision: row.outcome === 'allow' ? 'allow' : 'deny',
      reason: row.reason,
      statements: [...row.statements],
    },
    again: { decision: again.allowed ? 'allow' : 'deny', reason: again.reason, statements: [...again.statements] },
  };
}
