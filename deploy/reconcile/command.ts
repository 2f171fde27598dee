import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const USAGE = `Usage: npm run -s reconcile -- [--audit <url> --key-file <file>] [options]

  --audit <url>          where audit answers; without it the system of this checkout (local.json) is asked
  --key-file <file>      a file that holds an operator's key
  --from <time>          rows that were stored since, RFC 3339 (default: a week)
  --wait-seconds <n>     how long what is still on its way may take (default 30, at most 600)
  --output json          the answer as audit gives it
`;
const WAIT_SECONDS = 30;
const WAIT_SECONDS_MAX = 600;
const ASK_EVERY_MS = 1_000;
const ASK_TIMEOUT_MS = 60_000;
/** Holes and differences that are printed; the answer has all that audit names. */
const NAMED_MAX = 20;

const Place = z.looseObject({ topic: z.string(), partition: z.int() });
const Answer = z.looseObject({
  scope: z.literal('everything'),
  consistent: z.boolean(),
  lag: z.int(),
  rows: z.int(),
  distinct_ids: z.int(),
  duplicates: z.int(),
  holes: z.int(),
  dead_letters: z.int(),
  missing: z.array(Place.extend({ replica: z.string(), boot: z.string(), first_seq: z.int(), last_seq: z.int() })),
  rollups: z.looseObject({
    compared: z.array(z.string()),
    differing: z.array(Place.extend({ rollup: z.string(), first_offset: z.int(), last_offset: z.int() })),
  }),
  writers: z.array(z.unknown()),
});
type Answer = z.output<typeof Answer>;

const LocalJson = z.looseObject({
  audit: z.looseObject({ url: z.url() }),
  operator: z.looseObject({ api_key: z.string().min(1) }),
});

/** What is to be printed, and how the process ends: 0 consistent, 1 not, 2 wrong usage or nothing could be asked. */
export type Outcome = { readonly text: string; readonly exitCode: 0 | 1 | 2 };

const options = {
  audit: { type: 'string' },
  'key-file': { type: 'string' },
  from: { type: 'string' },
  'wait-seconds': { type: 'string' },
  output: { type: 'string' },
} as const;

/** Asks audit whether ids made are rows stored. `resolve` makes a path absolute, `home` is where a local system lives. */
export async function reconcileCommand(
  args: readonly string[],
  home: string,
  resolve: (path: string) => string,
): Promise<Outcome> {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const waitSeconds = Number(values['wait-seconds'] ?? WAIT_SECONDS);
    const { audit, 'key-file': keyFile, from, output = 'text' } = values;
    const isUsable =
      (audit === undefined) === (keyFile === undefined) &&
      Number.isInteger(waitSeconds) &&
      waitSeconds >= 0 &&
      waitSeconds <= WAIT_SECONDS_MAX &&
      ['text', 'json'].includes(output);
    if (!isUsable) return { text: USAGE, exitCode: 2 };
    const asked = await whomToAsk(audit, keyFile && resolve(keyFile), home);
    const url = new URL('v1/reconciliation', asked.url.endsWith('/') ? asked.url : `${asked.url}/`);
    if (from !== undefined) url.searchParams.set('from', from);
    const answer = await settled(url, asked.key, waitSeconds * 1_000);
    const isProved = answer.consistent && answer.lag === 0;
    const text = output === 'json' ? `${JSON.stringify(answer, undefined, 2)}\n` : sentences(answer);
    return { text, exitCode: isProved ? 0 : 1 };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, exitCode: 2 };
  }
}

async function whomToAsk(url: string | undefined, keyFile: string | undefined, home: string) {
  if (url !== undefined && keyFile !== undefined) return { url, key: (await readFile(keyFile, 'utf8')).trim() };
  const { audit, operator } = LocalJson.parse(JSON.parse(await readFile(join(home, 'local.json'), 'utf8')));
  return { url: audit.url, key: operator.api_key };
}

/** The last answer: as soon as everything has arrived and is consistent, at the latest after the wait. */
async function settled(url: URL, key: string, waitMs: number): Promise<Answer> {
  for (const deadline = Date.now() + waitMs; ;) {
    const answer = await ask(url, key);
    if ((answer.consistent && answer.lag === 0) || Date.now() >= deadline) return answer;
    await pause(ASK_EVERY_MS);
  }
}

async function ask(url: URL, key: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(`${url.origin} answers ${response.status}.`);
  const read = Answer.safeParse(body);
  if (!read.success) throw new Error(`${url.origin} does not answer for everything: an operator's key is needed.`);
  return read.data;
}

function sentences(answer: Answer): string {
  const { missing, rollups } = answer;
  const isProved = answer.consistent && answer.lag === 0;
  const lines = [
    `${isProved ? 'consistent' : 'NOT CONSISTENT'}: ${answer.rows} rows of ${answer.writers.length} writers, ${answer.distinct_ids} ids`,
    `  on their way ${answer.lag}, missing ${answer.holes}, twice ${answer.duplicates}, dead letters ${answer.dead_letters}`,
    `  sums compared: ${rollups.compared.join(', ')}`,
    ...missing.slice(0, NAMED_MAX).map(({ topic, partition, replica, boot, first_seq: first, last_seq: last }) => {
      return `  missing: ${first} to ${last} of ${replica}, boot ${boot}, in ${topic}/${partition}`;
    }),
    ...rollups.differing
      .slice(0, NAMED_MAX)
      .map(({ rollup, topic, partition, first_offset: first, last_offset: last }) => {
        return `  other sums: ${rollup}, ${topic}/${partition} offsets ${first} to ${last}`;
      }),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
