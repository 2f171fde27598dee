import { waitFor } from '#libs/testing';
import { local, sql } from '../system/system.js';

type Behaviour = {
  readonly latency_ms?: number;
  readonly status?: number;
  readonly usage?: unknown;
  readonly break_after_chunks?: number;
  readonly chunks?: number;
  readonly chunk_interval_ms?: number;
};
/** What the provider says of one call; `request_id` is the id of the gateway's decision. */
export type Upstreamed = { readonly request_id: string; readonly state: string; readonly aborted: boolean };
export type CallRow = {
  readonly decision_id: string;
  readonly outcome: string;
  readonly error_type: string;
  readonly http_status: number;
  readonly usage_source: string;
  readonly input_tokens: number | string;
  readonly output_tokens: number | string;
  readonly cost: number | string;
};

const control = (path: string) => `${local().sandbox_provider.url}/_control/${path}`;

/** Makes one upstream model behave so, until `behaveWell`. */
export async function behave(upstreamModel: string, behaviour: Behaviour): Promise<void> {
  const { ok } = await fetch(control(`models/${upstreamModel}`), { method: 'PUT', body: JSON.stringify(behaviour) });
  if (!ok) throw new Error(`the provider does not know this behaviour: ${JSON.stringify(behaviour)}`);
}

/** Every model of the provider is healthy again, and its record empty. */
export async function behaveWell(): Promise<void> {
  await fetch(control('models'), { method: 'DELETE' });
  await fetch(control('requests'), { method: 'DELETE' });
}

/** What reached the provider since the last `behaveWell`. */
export async function upstreamed(): Promise<readonly Upstreamed[]> {
  const response = await fetch(control('requests'));
  return ((await response.json()) as { data: Upstreamed[] }).data;
}

/** The rows of a call's end, as soon as there is one. */
export async function callRows(id: string): Promise<CallRow[]> {
  const find = () => sql<CallRow>('SELECT * FROM calls WHERE decision_id = {id:UUID}', { id });
  const found = async () => {
    const rows = await find();
    return rows.length > 0 && rows;
  };
  return waitFor(found, { timeoutMs: 30_000, what: `the end of call ${id}` });
}
