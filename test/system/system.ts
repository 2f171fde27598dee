import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { waitFor } from '#libs/testing';
import OpenAI from 'openai';
import { inject } from 'vitest';
import type { LocalJson } from '../../deploy/local/src/stack/local-json.js';
import type { Control } from './control-server.js';

const { home, control } = inject('system');

/** Where the system keeps its data, logs and secrets. */
export const systemHome = home;

/** local.json as it is now: processes change when a part is started again. */
export function local(): LocalJson {
  return JSON.parse(readFileSync(join(home, 'local.json'), 'utf8')) as LocalJson;
}

/** A key of a demo user, by its name in local.json; `admin` is the tenant's administrator. */
export function demoKey(tenant: 'acme' | 'globex', name: string): string {
  const { admin_key: admin, keys } = local().tenants[tenant] ?? { admin_key: '', keys: {} };
  const key = name === 'admin' ? admin : keys[name];
  if (!key) throw new RangeError(`no key ${name} of ${tenant} in local.json`);
  return key;
}

/** Does something to a part, and waits until it is done. */
export async function act(part: string, what: Control): Promise<void> {
  const response = await fetch(`${control}/${part}/${what}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${what} ${part}: ${await response.text()}`);
}

/** `kill -9`, and waits until the supervisor has brought the part back and it is ready. */
export async function kill(part: string): Promise<void> {
  const pid = local().processes[part];
  await act(part, 'kill');
  const isReplaced = () => ![undefined, pid].includes(local().processes[part]);
  await waitFor(isReplaced, { timeoutMs: 60_000, what: `another process of ${part}` });
  await act(part, 'ready');
}

/** The URL of a replica of the gateway. */
export function gatewayUrl(number: 1 | 2 = 1): string {
  const url = local().gateways[number - 1]?.url;
  if (url === undefined) throw new RangeError(`there is no gateway ${number}`);
  return url;
}

/** The stock client, without retries of its own, so that each call is one request. */
export function openai(apiKey: string, options: { path?: string; gateway?: 1 | 2; timeout?: number } = {}): OpenAI {
  const { path = '/v1', gateway = 1, timeout = 30_000 } = options;
  return new OpenAI({ apiKey, baseURL: `${gatewayUrl(gateway)}${path}`, maxRetries: 0, timeout });
}

/** ClickHouse as an operator reaches it. */
export function clickhouse() {
  const { url, database, username, password } = local().clickhouse;
  return createClient({ url, database, username, password });
}

/** Rows of a query in the audit database. */
export async function sql<Row>(query: string, params: Record<string, unknown> = {}): Promise<Row[]> {
  const client = clickhouse();
  try {
    const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
    return await result.json<Row>();
  } finally {
    await client.close();
  }
}

export type DecisionRow = Record<string, unknown> & {
  decision_id: string;
  outcome: string;
  code: string;
  reason: string;
  tenant_id: string;
  http_status: number;
};

/** Waits until a decision's row is there; several rows of one id are all answered. */
export async function decisionRows(id: string): Promise<DecisionRow[]> {
  const find = () => sql<DecisionRow>('SELECT * FROM decisions WHERE decision_id = {id:UUID}', { id });
  return waitFor(async () => nonEmpty(await find()), { timeoutMs: 30_000 });
}

const nonEmpty = <T>(rows: T[]) => (rows.length > 0 ? rows : undefined);

type Answer<Body> = { status: number; headers: Headers; body: Body };

/** A call of an admin API. */
export async function admin<Body = Record<string, unknown>>(
  service: 'identity' | 'policy' | 'audit',
  method: string,
  path: string,
  key: string,
  sent: { json?: unknown; yaml?: string; headers?: Record<string, string> } = {},
): Promise<Answer<Body>> {
  const { json, yaml, headers } = sent;
  const type = yaml === undefined ? 'application/json' : 'application/yaml';
  const content = yaml ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await fetch(`${local()[service].url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(content !== undefined && { 'content-type': type }), ...headers },
    ...(content !== undefined && { body: content }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : {}) as Body };
}

type ProviderRequest = { readonly path: string; readonly model: string | null; readonly request_id: string | null };

/** What reached the sandbox provider since it was last cleared. */
export async function providerRequests(): Promise<readonly ProviderRequest[]> {
  const response = await fetch(`${local().sandbox_provider.url}/_control/requests`);
  return ((await response.json()) as { data: ProviderRequest[] }).data;
}

export async function clearProviderRequests(): Promise<void> {
  await fetch(`${local().sandbox_provider.url}/_control/requests`, { method: 'DELETE' });
}
