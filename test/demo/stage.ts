import { APIError, OpenAI } from 'openai';
import { AdminClient } from '../../deploy/local/src/seed/admin-client.js';
import type { LocalJson } from '../../deploy/local/src/stack/local-json.js';
import { until } from './until.js';

/** What the record must say of a decision that somebody was told about. */
export type Told = { readonly id: string; readonly outcome: 'allow' | 'deny'; readonly code: string };
/** How a call went. `code`: the error's, or empty. */
export type Called = {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly id: string;
  readonly headers: Headers;
};
type Asked = { readonly model?: string; readonly gateway?: number };

/** Where the story plays: a running stack, its administrators, and what has been told of it so far. */
export class Stage {
  /** Every decision on a model call, in order. */
  readonly told: Told[] = [];
  readonly acme: AdminClient;
  readonly operator: AdminClient;

  constructor(readonly local: LocalJson) {
    this.acme = new AdminClient(local.tenants.acme?.admin_key ?? '');
    this.operator = new AdminClient(local.operator.api_key);
  }

  keyOf(tenant: 'acme' | 'globex', name: string): string {
    const key = this.local.tenants[tenant]?.keys[name];
    if (key === undefined) throw new RangeError(`no key ${name} of ${tenant} in local.json`);
    return key;
  }

  /** A document of acme's policy, put in force. */
  apply(kind: string, name: string, spec: object): Promise<object> {
    const document = { apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec };
    return this.acme.post(`${this.local.policy.url}/v1/apply`, { yaml: JSON.stringify(document) });
  }

  /** One chat completion by the stock OpenAI client, without retries of its own; noted for the audit trail. */
  async call(credential: string, { model = 'local/llama-3', gateway = 0 }: Asked = {}): Promise<Called> {
    const { url } = this.local.gateways[gateway] ?? this.local.gateway;
    const client = new OpenAI({ apiKey: credential, baseURL: `${url}/v1`, maxRetries: 0 });
    const called = await completion(client, model);
    this.told.push({ id: called.id, outcome: called.status === 200 ? 'allow' : 'deny', code: called.code });
    return called;
  }

  /** Calls until the answer is as wanted. @throws Error if it never is */
  callUntil(what: string, isAs: (called: Called) => boolean, credential: string, asked: Asked = {}): Promise<Called> {
    return until(what, async () => {
      const called = await this.call(credential, asked);
      return isAs(called) && called;
    });
  }
}

export const isServed = ({ status }: Called): boolean => status === 200;
/** The gateway has read of the credential: it no longer says that there is no such thing. */
export const isKnown = ({ status }: Called): boolean => status !== 401;

async function completion(client: OpenAI, model: string): Promise<Called> {
  const messages = [{ role: 'user' as const, content: 'Say hello.' }];
  try {
    const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
    const text = data.choices[0]?.message.content ?? '';
    return { status: 200, code: '', text, id: idOf(response.headers), headers: response.headers };
  } catch (error) {
    if (!(error instanceof APIError) || !error.headers) throw error;
    const { status, code, message, headers } = error;
    return { status: Number(status), code: String(code), text: message, id: idOf(headers), headers };
  }
}

const idOf = (headers: Headers) => headers.get('gatehouse-decision-id') ?? '';
