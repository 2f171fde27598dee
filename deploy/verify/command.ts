import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { RecordVerifier, type NumbersReport, type TenantReport } from '#libs/chain';
import { checkpointsIn, checkpointsOf } from './checkpoint-source.js';
import { readExport } from './export-source.js';
import { readTables } from './table-source.js';

const USAGE = `Usage: npm run -s verify -- --key <public-key.pem> (--clickhouse <url> | --export <folder>) [options]

  --key <file>          the public key that checkpoints are signed with; again for an earlier one
  --checkpoints <dir>   the folder that audit writes checkpoints to; without it they are taken from the rows themselves,
                        and then nobody notices when the last ones are gone
  --clickhouse <url>    http://user:password@host:8123/<database>; only read
  --export <folder>     decisions.ndjson, calls.ndjson and changes.ndjson, as docs/guides/tamper-evidence.md makes them
  --tenant <id>         this tenant alone
  --kept-days <n>       rows that are older may be gone (default 400)
  --output json         for machines
`;
const DAY_MS = 86_400_000;
const KEPT_DAYS = 400;

/** What is to be printed, and how the process ends: 0 sound, 1 a fault, 2 wrong usage or nothing could be read. */
export type Outcome = { readonly text: string; readonly exitCode: 0 | 1 | 2 };

const options = {
  key: { type: 'string', multiple: true },
  checkpoints: { type: 'string' },
  clickhouse: { type: 'string' },
  export: { type: 'string' },
  tenant: { type: 'string' },
  'kept-days': { type: 'string' },
  output: { type: 'string' },
} as const;

/** Verifies a record; writes nothing anywhere. `resolve` makes a path absolute. */
export async function verifyCommand(
  args: readonly string[],
  nowMs: number,
  resolve: (path: string) => string,
): Promise<Outcome> {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { key: keyFiles = [], clickhouse, export: folder, tenant, output = 'text' } = values;
    const keptDays = Number(values['kept-days'] ?? KEPT_DAYS);
    const isUsable = keyFiles.length > 0 && (clickhouse === undefined) !== (folder === undefined);
    if (!isUsable || !Number.isInteger(keptDays) || keptDays < 0 || !['text', 'json'].includes(output)) {
      return { text: USAGE, exitCode: 2 };
    }
    const keys = await Promise.all(keyFiles.map(async (file) => createPublicKey(await readFile(resolve(file)))));
    const rows = () =>
      clickhouse === undefined ? readExport(resolve(folder ?? ''), tenant) : readTables(clickhouse, tenant);
    const given =
      values.checkpoints === undefined ? await checkpointsOf(rows()) : await checkpointsIn(resolve(values.checkpoints));
    const checkpoints = given.filter(({ tenantId }) => tenant === undefined || tenantId === tenant);
    const reports = await verified(
      rows,
      checkpoints,
      keys,
      new Date(nowMs - keptDays * DAY_MS).toISOString().slice(0, 10),
      tenant === undefined ? 'all' : 'some',
    );
    const text = output === 'json' ? `${JSON.stringify(reports, undefined, 2)}\n` : reports.map(sentences).join('');
    const isSound = reports.every(({ sound }) => sound);
    return { text: text || 'There are no rows and no checkpoints.\n', exitCode: isSound ? 0 : 1 };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, exitCode: 2 };
  }
}

async function verified(
  rows: () => ReturnType<typeof readTables>,
  checkpoints: ConstructorParameters<typeof RecordVerifier>[0],
  keys: readonly KeyObject[],
  expiredBefore: string,
  which: 'all' | 'some',
): Promise<TenantReport[]> {
  const verifier = new RecordVerifier(checkpoints, keys, expiredBefore, which);
  for await (const { table, row } of rows()) verifier.take(table, row);
  return verifier.report();
}

function sentences({ tenantId, sound, checkpoints, signedAt, fault, chains, numbers }: TenantReport): string {
  const name = tenantId === '' ? '(no tenant)' : tenantId;
  const rows = chains.reduce((all, chain) => all + chain.rows, 0);
  const signed = chains.reduce((all, chain) => all + chain.signedRows, 0);
  const upTo = signedAt === null ? 'no checkpoint' : `${checkpoints} checkpoints, the last of ${signedAt}`;
  const faults = chains.flatMap((chain) => {
    if (!chain.fault) return [];
    const { kind, place, id, day } = chain.fault;
    const where = `${chain.table} of ${chain.topic}/${place.partition} at offset ${place.offset}, index ${place.index}`;
    return [`  ${kind}: ${where} (${day})${id === '' ? '' : `, ${id}`}\n`];
  });
  const series = fault ? `  ${fault.kind}: number ${fault.number}\n` : '';
  const own = `${sound ? 'sound' : 'FAULT'}  ${name}: ${rows} rows, ${signed} signed; ${upTo}\n${series}${faults.join('')}`;
  return own + (numbers ? numberSentences(numbers) : '');
}

function numberSentences({ stated, missing, holes }: NumbersReport): string {
  const named = holes.map(({ topic, partition, replica, boot, first, last, since }) => {
    return `  missing: ${first} to ${last} of ${replica}, boot ${boot}, in ${topic}/${partition} (${since} or later)\n`;
  });
  return `  numbers of all writers: ${stated} signed, ${missing} of them without a row\n${named.join('')}`;
}
