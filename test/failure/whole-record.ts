import { waitFor } from '#libs/testing';
import { admin, local, sql } from '../system/system.js';

type Count = { readonly of: string; readonly raw: number; readonly rolled: number };
type Reconciliation = { readonly consistent: boolean; readonly [name: string]: unknown };

const STORED_WITHIN_MS = 90_000;
const isCall = `service = 'gateway' AND action = 'model:invoke' AND outcome = 'allow'`;

/**
 * Waits until every decision that somebody was told about is stored, and answers what is wrong with the whole record by
 * then, one sentence each: ids that are missing or there twice, allowed calls without exactly one end, ends without a
 * call, rollups that differ from what they count, and whatever reconciliation finds.
 */
export async function faultsOfRecord(told: Iterable<string | undefined>): Promise<string[]> {
  const ids = new Set([...told].filter((id) => id !== undefined));
  const missing = await settled(() => missingOf(ids));
  const open = await settled(openCalls);
  const rollups = await settled(wrongRollups);
  const reconciled = await settled(reconcile);
  return [...missing, ...(await twice('decisions')), ...(await twice('calls')), ...open, ...rollups, ...reconciled];
}

/** The last of what a look finds: nothing as soon as there is nothing, else what is left after a bounded wait. */
async function settled(look: () => Promise<string[]>): Promise<string[]> {
  let found: string[] = ['never looked'];
  const isWhole = async () => {
    found = await look();
    return found.length === 0;
  };
  await waitFor(isWhole, { timeoutMs: STORED_WITHIN_MS, everyMs: 500 }).catch((error: unknown) => {
    if (found.length === 0) found = [String(error)];
  });
  return found;
}

async function missingOf(ids: ReadonlySet<string>): Promise<string[]> {
  const rows = await sql<{ id: string }>('SELECT DISTINCT toString(decision_id) AS id FROM decisions');
  const stored = new Set(rows.map(({ id }) => id));
  return [...ids].filter((id) => !stored.has(id)).map((id) => `decision ${id} is not stored`);
}

async function twice(table: string): Promise<string[]> {
  const rows = await sql<{ id: string; n: number }>(
    `SELECT toString(decision_id) AS id, toUInt32(count()) AS n FROM ${table} GROUP BY decision_id HAVING n > 1`,
  );
  return rows.map(({ id, n }) => `${id} is ${n} rows of ${table}`);
}

/** Allowed calls that have no end yet, and ends of calls that nobody allowed. */
async function openCalls(): Promise<string[]> {
  const rows = await sql<{ id: string; what: string }>(
    `SELECT toString(decision_id) AS id, 'has no end' AS what FROM decisions
      WHERE ${isCall} AND decision_id NOT IN (SELECT decision_id FROM calls)
    UNION ALL SELECT toString(decision_id) AS id, 'ended and was not allowed' AS what FROM calls
      WHERE decision_id NOT IN (SELECT decision_id FROM decisions WHERE ${isCall})`,
  );
  return rows.map(({ id, what }) => `call ${id} ${what}`);
}

async function wrongRollups(): Promise<string[]> {
  const number = (expression: string, table: string) => `(SELECT toFloat64(${expression}) FROM ${table})`;
  const pair = (of: string, raw: string, rolled: string, table: string) =>
    `SELECT '${of}' AS of, ${number(raw, table)} AS raw, ${number(rolled, `${table}_by_minute`)} AS rolled`;
  const counts = await sql<Count>(
    [
      pair('decisions', 'sum(count)', 'sum(decisions)', 'decisions'),
      pair('rows of decisions', 'count()', 'sum(rows)', 'decisions'),
      pair('calls', 'count()', 'sum(calls)', 'calls'),
      pair('rows of calls', 'count()', 'sum(rows)', 'calls'),
      pair('input tokens', 'sum(input_tokens)', 'sum(input_tokens)', 'calls'),
      pair('output tokens', 'sum(output_tokens)', 'sum(output_tokens)', 'calls'),
    ].join(' UNION ALL '),
  );
  return counts
    .filter(({ raw, rolled }) => raw !== rolled)
    .map(({ of, raw, rolled }) => `${of}: ${raw} stored, ${rolled} in the rollup`);
}

async function reconcile(): Promise<string[]> {
  const { status, body } = await admin<Reconciliation>('audit', 'GET', '/v1/reconciliation', local().operator.api_key);
  if (status === 200 && body.consistent) return [];
  const { writers: _, partitions: __, ...rest } = body;
  return [`reconciliation answers ${status}: ${JSON.stringify(rest)}`];
}
