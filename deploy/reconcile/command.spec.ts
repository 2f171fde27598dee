import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reconcileCommand } from './command.js';

const whole = {
  object: 'reconciliation',
  scope: 'everything',
  consistent: true,
  lag: 0,
  rows: 12,
  distinct_ids: 12,
  duplicates: 0,
  holes: 0,
  dead_letters: 0,
  missing: [] as object[],
  rollups: { compared: ['calls_by_minute'], differing: [] as object[] },
  partitions: [],
  writers: [{}, {}],
  truncated: false,
};
const place = { topic: 'gateway.decisions.v1', partition: 3 };

let folder: string;
let url: string;
/** What is answered, one after the other; the last one again and again. */
let answers: { status: number; body: unknown }[];
let asked: IncomingMessage[];
const server = createServer((request, response) => {
  asked.push(request);
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  response.writeHead(answer?.status ?? 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer?.body));
});
const run = (...args: string[]) =>
  reconcileCommand(['--wait-seconds', '0', ...args], folder, (path) => join(folder, path));
const there = () => ['--audit', url, '--key-file', 'key'];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-reconcile-'));
  await writeFile(join(folder, 'key'), 'the-key\n');
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  answers = [{ status: 200, body: whole }];
});

describe('npm run reconcile', () => {
  it('ends with 0 where everything is stored once, asking with the key of the file', async () => {
    const { text, exitCode } = await run(...there(), '--from', '2026-11-28T00:00:00Z');
    expect([exitCode, text]).toEqual([0, expect.stringMatching(/^consistent: 12 rows of 2 writers, 12 ids\n/)]);
    expect(asked[0]?.headers.authorization).toBe('Bearer the-key');
    expect(asked[0]?.url).toBe('/v1/reconciliation?from=2026-11-28T00%3A00%3A00Z');
    expect(text).not.toContain('the-key');
  });

  it('ends with 1 and names what is missing by its boot and numbers, and the sums that are others', async () => {
    const missing = [{ ...place, replica: 'gateway-1', boot: 'b1', first_seq: 7, last_seq: 9 }];
    const differing = [{ ...place, rollup: 'calls_by_minute', table: 'calls', first_offset: 0, last_offset: 4095 }];
    const body = { ...whole, consistent: false, holes: 3, missing, rollups: { ...whole.rollups, differing } };
    answers = [{ status: 200, body }];
    const { text, exitCode } = await run(...there());
    expect(exitCode).toBe(1);
    expect(text).toContain('missing: 7 to 9 of gateway-1, boot b1, in gateway.decisions.v1/3');
    expect(text).toContain('other sums: calls_by_minute, gateway.decisions.v1/3 offsets 0 to 4095');
  });

  it('waits for what is still on its way, and ends with 1 where it does not arrive', async () => {
    answers = [
      { status: 200, body: { ...whole, lag: 4 } },
      { status: 200, body: whole },
    ];
    expect((await run(...there(), '--wait-seconds', '20')).exitCode).toBe(0);
    expect(asked).toHaveLength(2);
    answers = [{ status: 200, body: { ...whole, lag: 4 } }];
    expect((await run(...there())).exitCode).toBe(1);
  });

  it('asks the system of the checkout where no other is named', async () => {
    const local = { audit: { url }, operator: { api_key: 'of-local-json' } };
    await writeFile(join(folder, 'local.json'), JSON.stringify(local));
    expect((await run()).exitCode).toBe(0);
    expect(asked[0]?.headers.authorization).toBe('Bearer of-local-json');
  });

  it('ends with 2 where nothing can be proved: refused, a tenant’s answer, nobody there, wrong usage', async () => {
    answers = [{ status: 401, body: {} }];
    expect(await run(...there())).toMatchObject({ exitCode: 2, text: expect.stringContaining('answers 401') });
    answers = [{ status: 200, body: { ...whole, scope: 'tenant' } }];
    expect(await run(...there())).toMatchObject({ exitCode: 2, text: expect.stringContaining('operator') });
    expect((await run('--audit', 'http://127.0.0.1:1', '--key-file', 'key')).exitCode).toBe(2);
    expect((await run('--audit', url)).exitCode).toBe(2);
    expect((await run(...there(), '--wait-seconds', '601')).exitCode).toBe(2);
    expect((await run('--colour')).exitCode).toBe(2);
  });
});
