import { decide, explain, type AccessRequest, type Explanation, type TenantSnapshot } from '#libs/decision-engine';
import { Injectable } from '@nestjs/common';
import { CallerHistory } from './caller-history.js';
import { differences } from './difference.js';
import { PolicyHistory } from './policy-history.js';
import { policyTenant, requestOf, undecidable, type DecidedRow, type Undecidable } from './recorded-decision.js';

/** A decision made again with the revisions of its time, or why it cannot be. */
export type Replayed =
  | { readonly undecidable: Undecidable }
  | {
      readonly undecidable?: undefined;
      readonly request: AccessRequest;
      readonly again: Pick<Explanation, 'allowed' | 'code' | 'reason' | 'statements' | 'boundaries'>;
      readonly differences: readonly string[];
    };
export type Explained = Replayed & { readonly explanation?: Explanation };

/** Makes stored decisions again: the same question to the same engine, with the documents of then. */
@Injectable()
export class DecisionReplay {
  constructor(
    private readonly policies: PolicyHistory,
    private readonly callers: CallerHistory,
  ) {}

  /** Each with its row, those of one revision after each other. @throws ProblemError 503 `audit_unavailable` */
  async *all(rows: readonly DecidedRow[]): AsyncGenerator<{ readonly row: DecidedRow; readonly replayed: Replayed }> {
    const facts = await this.callers.of(rows);
    const placed = rows.map((row, index) => ({ row, fact: facts[index] }));
    for (const [, own] of Map.groupBy(placed, ({ row }) => revisionsOf(row))) {
      for (const { row, fact } of own) {
        const why = undecidable(row);
        const snapshot = why ? undefined : await this.snapshotOf(row);
        if (!snapshot || !fact) {
          yield { row, replayed: { undecidable: why ?? 'documents_unknown' } };
          continue;
        }
        const request = requestOf(row, fact);
        const again = decide(snapshot, request);
        yield { row, replayed: { request, again, differences: differences(row, again) } };
      }
    }
  }

  /** With what nearly made it another decision. @throws ProblemError 503 `audit_unavailable` */
  async explain(row: DecidedRow): Promise<Explained> {
    for await (const { replayed } of this.all([row])) {
      const snapshot = await this.snapshotOf(row);
      if (replayed.undecidable !== undefined || !snapshot) return replayed;
      return { ...replayed, explanation: explain(snapshot, replayed.request) };
    }
    return { undecidable: 'documents_unknown' };
  }

  private snapshotOf(row: DecidedRow): Promise<TenantSnapshot | undefined> {
    return this.policies.at(policyTenant(row), row.policy_revision, row.platform_revision);
  }
}

const revisionsOf = (row: DecidedRow) => `${policyTenant(row)}@${row.policy_revision}@${row.platform_revision}`;
