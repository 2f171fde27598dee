import { strict as assert } from 'node:assert';
import type { Stage, Told } from '../stage.js';
import type { Step } from '../step.js';
import { until } from '../until.js';

type Recorded = {
  readonly decision_id: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
  readonly resource: string;
};
type Decided = {
  readonly statements: readonly string[];
  readonly near_misses: readonly { readonly statement: string; readonly because: string }[];
};
type Explained = {
  readonly at_the_time: Decided | null;
  readonly not_decided_again: string | null;
  readonly differences: readonly string[];
};

/** Questions that audit is asked at the same time. */
const AT_ONCE = 8;

export const auditTrail: Step = {
  title: 'The audit trail of all of it, with the reasons',
  async tell(stage) {
    const rows: Recorded[] = [];
    for (let from = 0; from < stage.told.length; from += AT_ONCE) {
      const asked = stage.told.slice(from, from + AT_ONCE);
      rows.push(...(await Promise.all(asked.map((told) => recordedAsTold(stage, told)))));
    }
    const byReason = Map.groupBy(rows, ({ reason }) => reason);
    const lines = [];
    for (const [reason, [first]] of byReason) {
      const count = byReason.get(reason)?.length ?? 0;
      if (first)
        lines.push(`   ${String(count).padStart(4)} × ${first.outcome} ${reason}: ${await explained(stage, first)}`);
    }
    const { url } = stage.local.audit;
    await until('the record to be whole', async () => {
      const { consistent } = await stage.operator.get<{ consistent: boolean }>(`${url}/v1/reconciliation`);
      return consistent;
    });
    return [
      `${rows.length} decisions, each stored as it was told; nothing is missing, nothing there twice.`,
      ...lines,
    ].join('\n');
  },
};

/** Asked by the operator: what a gateway refuses before it has read of a key is of no tenant. */
async function recordedAsTold({ operator, local }: Stage, told: Told): Promise<Recorded> {
  const url = `${local.audit.url}/v1/decisions/${told.id}`;
  const row = await until(`decision ${told.id} to be stored`, () => operator.get<Recorded>(url));
  const { decision_id: id, outcome, code } = row;
  assert.deepEqual({ id, outcome, code }, told);
  return row;
}

/** What policy says of it by the documents of its time, which is what was recorded; or that policy was not asked. */
async function explained({ operator, local }: Stage, { decision_id: id, resource }: Recorded): Promise<string> {
  const url = `${local.audit.url}/v1/decisions/${id}/explain`;
  const { at_the_time: then, not_decided_again: why, differences } = await operator.get<Explained>(url);
  assert.deepEqual(differences, []);
  if (!then) return `by its credential or its limits, and not by policy (${why})`;
  const by = then.statements.length > 0 ? then.statements.join(', ') : 'no statement';
  const [miss] = then.near_misses;
  return `${resource}, by ${by}${miss ? `; nearest was ${miss.statement}, but ${miss.because}` : ''}`;
}
