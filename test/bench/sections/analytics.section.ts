import type { LocalJson } from '../local-stack.js';
import { filledRecord, RECORD_DAYS } from '../load/filled-record.js';
import { quantile } from '../load/quantile.js';
import { TENANTS } from '../load/record-rows.js';
import type { BenchSection } from '../section.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Questions of a panel, each of another tenant and day. */
const QUESTIONS = 60;
const WARM_QUESTIONS = 5;

type Panel = { readonly name: string; readonly path: string; readonly query: string; readonly hasTime: boolean };
type Figures = { readonly panel: string; readonly p50Ms: number; readonly p95Ms: number; readonly maxMs: number };

const figures = (name: string, about: string, query: string): Panel => {
  return { name, path: `/v1/analytics/${about}`, query, hasTime: true };
};
/** What a tenant's page shows of 24 hours. */
const panels: readonly Panel[] = [
  figures('requests by hour', 'requests', 'grain=hour'),
  figures('denials by reason', 'requests', 'outcome=deny&group_by=reason'),
  figures('calls and cost by model', 'calls', 'group_by=resolved_model'),
  figures('cost by caller', 'calls', 'group_by=principal_id'),
  figures('cost by feature (metadata)', 'calls', 'group_by=metadata.feature'),
  figures('cost by team', 'calls', 'group_by=team'),
  figures('latency by model, exact', 'latency', 'group_by=resolved_model'),
  figures('who used which model last', 'uses', 'group_by=principal_id,resolved_model'),
  { name: 'the latest decisions', path: '/v1/decisions', query: 'limit=50', hasTime: true },
  { name: 'live figures', path: '/v1/analytics/live', query: 'minutes=60', hasTime: false },
];

/** How long the questions of a tenant's page take on a large record. */
export const section: BenchSection = {
  title: 'What a tenant’s page costs on a large record',
  method:
    `Rows of ${TENANTS} tenants over ${RECORD_DAYS} days (\`--rows\`: decisions and calls together) are made in the engine and sorted into the tables of a stack of its own, rollups included, or left there by an earlier run (\`--keep\`). ` +
    `Then each panel is asked of audit over REST, one question at a time, for ${QUESTIONS} tenants and days that are not the same twice, panels in turn; time is the client’s, authorisation and its record included.`,
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const record = await filledRecord(local, { rows: options.rows, say });
    const nowMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const endMs = Math.min(nowMs, record.endMs);
    // A record that ends before now has nothing of the last minutes, and would flatter who asks for them.
    const asked = panels.filter(({ hasTime }) => hasTime || nowMs < record.endMs);
    const times = new Map<string, number[]>(asked.map(({ name }) => [name, []]));
    for (let question = -WARM_QUESTIONS; question < QUESTIONS; question += 1) {
      if (question % 10 === 0) say(`question ${question} of ${QUESTIONS}`);
      for (const panel of asked) {
        const ms = await ask(local, panel, question + WARM_QUESTIONS, endMs);
        if (question >= 0) times.get(panel.name)?.push(ms);
      }
    }
    const found = Array.from(times, ([panel, each]) => spread(panel, each));
    return { markdown: table(found, record.rows), figures: { rows: record.rows, panels: found } };
  },
};

/** A question that nobody has asked before: another tenant, and a day that begins at another hour. */
async function ask({ audit, operator }: LocalJson, panel: Panel, question: number, endMs: number): Promise<number> {
  const toMs = endMs - (question % (24 * (RECORD_DAYS - 2))) * HOUR_MS;
  const time = { from: new Date(toMs - DAY_MS).toISOString(), to: new Date(toMs).toISOString() };
  const query = new URLSearchParams({
    ...Object.fromEntries(new URLSearchParams(panel.query)),
    tenant: `bench-${(question * 37) % TENANTS}`,
    ...(panel.hasTime && time),
  });
  const headers = { authorization: `Bearer ${operator.api_key}` };
  const began = performance.now();
  const answer = await fetch(`${audit.url}${panel.path}?${query}`, { headers });
  const body = (await answer.json()) as { data?: readonly unknown[] };
  const tookMs = performance.now() - began;
  if (answer.status !== 200) throw new Error(`${panel.name} was answered ${answer.status}: ${JSON.stringify(body)}`);
  if (panel.hasTime && body.data?.length === 0) throw new Error(`${panel.name} found nothing`);
  return tookMs;
}

function spread(panel: string, each: readonly number[]): Figures {
  return { panel, p50Ms: quantile(each, 0.5), p95Ms: quantile(each, 0.95), maxMs: Math.max(...each) };
}

function table(found: readonly Figures[], rows: number): string {
  const line = ({ panel, p50Ms, p95Ms, maxMs }: Figures) =>
    `| ${panel} | ${p50Ms.toFixed(1)} | ${p95Ms.toFixed(1)} | ${maxMs.toFixed(1)} |`;
  return [
    `${rows.toLocaleString('en')} rows in \`decisions\` and \`calls\`. Must: p95 of each panel at most 100 ms with 100 million.`,
    '',
    '| panel, 24 hours of one tenant | p50 ms | p95 ms | longest ms |',
    '| --- | --- | --- | --- |',
    ...found.map(line),
  ].join('\n');
}
