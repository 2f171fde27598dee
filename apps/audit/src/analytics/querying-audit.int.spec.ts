import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { createClickHouse, migrate } from '#libs/clickhouse';
import type { DecisionRecord } from '#libs/contracts';
import { testStack } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SpecSource } from '../audit.fixture.js';
import { rowOf, tableOf } from '../ingest/decision-row.js';
import { SpoolTwin } from '../records.fixture.js';
import { costOf, mixedFacts, reckoned, type Asked } from './analytics.fixture.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const guide = readFileSync(`${root}/docs/guides/querying-audit.md`, 'utf8');
/** By the heading that each stands under. */
const queries = new Map(
  Array.from(guide.matchAll(/^## ([^\n]+)\n(?:(?!^## )[^])*?^```sql\n([^]*?)^```$/gm), ([, heading = '', sql = '']) => [
    heading,
    sql,
  ]),
);

const source = new SpecSource();
const endMs = Date.parse('2026-11-20T12:00:00.000Z');
const fromMs = endMs - 86_400_000;
const facts = mixedFacts(new SpoolTwin(source.gateway), 300, endMs);
const own = facts.filter(({ decision: { tenant_id, at } }) => tenant_id === 'acme' && Date.parse(at) >= fromMs);
const calls = own.flatMap(({ call }) => call ?? []);
const refused = own.find(({ decision }) => decision.outcome === 'deny')?.decision;
const { url } = testStack().clickhouse;
const maker = createClickHouse({ url });
/** As anybody has it: nothing set. */
const stock = createClient({ url });

const text = (at: string) => at.replace('T', ' ').replace('Z', '');
const params = {
  tenant: 'acme',
  from: text(new Date(fromMs).toISOString()),
  to: text(new Date(endMs).toISOString()),
  key: 'k1',
  decision: refused?.decision_id,
};
const figures = (asked: Pick<Asked, 'about' | 'dimensions'> & Partial<Asked>, ...columns: string[]) =>
  reckoned(own, { fromMs, toMs: endMs, equal: {}, ...asked }).map((line) =>
    columns.map((column) => String((line as Record<string, unknown>)[column])),
  );
const change = {
  change_id: 'c1',
  type: 'identity.api-key.revoked',
  resource_type: 'api-key',
  resource: 'k1',
  actor: 'user_ada',
};

/** What the records say, in any order; each value as text. */
const expected: Record<string, () => readonly (readonly string[])[]> = {
  'Denials by reason': () => {
    const dimensions = ['reason', 'code'];
    return figures({ about: 'requests', dimensions, equal: { outcome: 'deny' } }, 'reason', 'code', 'denied');
  },
  'Requests by hour': () =>
    figures({ about: 'requests', dimensions: [], grain: 'hour' }, 'time', 'allowed', 'denied').map(
      ([time = '', ...counts]) => [text(time), ...counts],
    ),
  'What each caller spent': () => {
    const dimensions = ['principal_id'];
    return figures({ about: 'calls', dimensions }, 'principal_id', 'currency', 'calls', 'input_tokens', 'cost');
  },
  'What each team spent': () => figures({ about: 'calls', dimensions: ['team'] }, 'team', 'currency', 'calls', 'cost'),
  'What each feature cost': () => {
    const dimensions = ['metadata.feature'];
    return figures({ about: 'calls', dimensions }, 'metadata.feature', 'currency', 'calls', 'cost');
  },
  'How long models take': () => {
    const columns = ['resolved_model', 'calls', 'latency_ms_p95', 'time_to_first_token_ms_p95'];
    return figures({ about: 'latency', dimensions: ['resolved_model'] }, ...columns);
  },
  'Who used which model last': () => {
    const asked = { dimensions: ['principal_id', 'resolved_model'], equal: { outcome: 'allow' } };
    return figures({ about: 'uses', ...asked }, 'principal_id', 'resolved_model', 'first_seen_at', 'last_seen_at').map(
      (line) => line.map(text),
    );
  },
  'Keys by their last use': () => {
    const used = facts.flatMap(({ decision }) => (decision.tenant_id === 'acme' && decision.key_id ? [decision] : []));
    return [...Map.groupBy(used, ({ key_id }) => key_id)].map(([keyId, decisions]) => {
      const last =
        decisions
          .map(({ at }) => at)
          .toSorted()
          .at(-1) ?? '';
      return [keyId, `${text(last).slice(0, 16)}:00`];
    });
  },
  'What a key reached': () => {
    const made = calls.filter(({ key_id }) => key_id === params.key);
    const groups = Map.groupBy(made, ({ resolved_model, currency }) =>
      JSON.stringify([resolved_model, '10.0.0.1', currency]),
    );
    return [...groups].map(([group, members]) => [
      ...(JSON.parse(group) as string[]),
      String(members.length),
      costOf(members),
    ]);
  },
  'Why a request was refused': () => {
    const { outcome = '', code = '', reason = '', principal_id = '', requested_model = '' } = refused ?? {};
    return [[outcome, code, reason, principal_id, requested_model, '[]', String(refused?.policy_revision)]];
  },
  'Who changed what': () => [[params.from, change.actor, change.type, change.resource_type, change.resource, '', '{}']],
};

beforeAll(async () => {
  await migrate({ client: maker, database: source.database, folder: `${root}/apps/audit/migrations` });
  const records = facts.flatMap(({ decision, call }): DecisionRecord[] => (call ? [decision, call] : [decision]));
  for (const table of ['decisions', 'calls']) {
    const values = records.flatMap((record, index) => {
      const place = { topic: 't', partition: 0, offset: BigInt(index), index: 0 };
      return tableOf(record) === table ? [rowOf({ ...record, appended_at: record.at }, place)] : [];
    });
    await maker.insert({ table: `${source.database}.${table}`, values, format: 'JSONEachRow' });
  }
  const values = [
    { ...change, at: params.from, tenant_id: 'acme', after: '{}' },
    { ...change, at: params.from, tenant_id: 'globex' },
  ];
  await maker.insert({ table: `${source.database}.changes`, values, format: 'JSONEachRow' });
});
afterAll(async () => {
  await maker.command({ query: `DROP DATABASE IF EXISTS ${source.database}` });
  await Promise.all([maker.close(), stock.close()]);
});

const answered = async (sql: string) => {
  const query = sql.replaceAll('gatehouse.', `${source.database}.`);
  const result = await stock.query({ query, query_params: params, format: 'JSONCompactStringsEachRow' });
  return result.json<string[]>();
};

describe('docs/guides/querying-audit.md', () => {
  it('has an answer here for each of its queries', () => {
    expect([...queries.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it.each(Object.keys(expected))('answers with a stock client what the records say: %s', async (heading) => {
    const rows = await answered(queries.get(heading) ?? '');
    const wanted = expected[heading]?.() ?? [];
    expect(wanted.length).toBeGreaterThan(0);
    expect(rows.toSorted()).toEqual(wanted.toSorted());
  });

  it('names tables and views whose columns are those of docs/reference/audit-tables.md', async () => {
    const named = Array.from(guide.matchAll(/^\| `(\w+)`/gm), ([, name = '']) => name);
    const rows = await answered(`SELECT table, name, type, if(is_in_sorting_key, ', sorted by', '') FROM system.columns
      WHERE database = '${source.database}' ORDER BY position`);
    const sections = named.map((table) => {
      const columns = rows.filter(([of]) => of === table);
      const lines = columns.map(([, name, type, note]) => `- \`${name}\` ${type}${note}`);
      return `## ${table}\n\n${lines.join('\n')}\n`;
    });
    expect(sections.filter((section) => !section.includes('- '))).toEqual([]);
    const page = `# Tables and views of the record\n\n${sections.join('\n')}`;
    await expect(page).toMatchFileSnapshot('../../../../docs/reference/audit-tables.md');
  });

  it('reads of the decisions only those of the time that is asked about, where calls are joined with them', async () => {
    const [plan = []] = [await answered(`EXPLAIN indexes = 1 ${queries.get('What each team spent') ?? ''}`)];
    const lines = plan.flat();
    const read = lines.join('\n').split('ReadFromMergeTree').slice(1);
    expect(read).toHaveLength(2);
    for (const part of read) expect(part).toMatch(/PrimaryKey[^]*?Condition: [^\n]*at in[^\n]*tenant_id in/);
  });
});
