import type { RequestListener } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { compile } from '#libs/decision-engine';
import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { sse } from '../relay/relay.fixture.js';
import { gateway, type Gateway } from './pipeline.fixture.js';

const document = (kind: string, name: string, spec: object, tags?: object): PolicyDocument =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
const cost = { inputPerMillion: '1000', outputPerMillion: '1000', currency: 'USD' };
const model = (name: string, type: string, env = 'development') =>
  document('Model', name, { upstreamModel: `up-${name.split('/')[1]}`, types: [type], cost }, { env });

/** Models of every type at OpenAI and at Anthropic, of which user_dev may call those in development. */
export function everyModel(baseUrl: string): readonly PolicyDocument[] {
  const account = (name: string, provider: string) =>
    document('ProviderAccount', name, { provider, baseUrl, credential: { secretRef: name } });
  return [
    account('openai', 'openai'),
    account('anthropic', 'anthropic'),
    ...['chat', 'completion', 'embedding', 'moderation', 'image', 'audio'].map((type) => model(`openai/${type}`, type)),
    model('openai/secret', 'chat', 'production'),
    model('anthropic/claude', 'chat'),
    model('anthropic/secret', 'chat', 'production'),
    document('RoleBinding', 'dev', { subjects: ['user:user_dev'], roles: ['developer'] }),
  ];
}

/** A gateway whose user_dev may call one model of every type, at OpenAI and at Anthropic; `more` joins the policy. */
export async function surfaces(
  answer: RequestListener,
  more: readonly PolicyDocument[] = [],
  bounds: Parameters<typeof gateway>[2] = {},
): Promise<Gateway> {
  const edge = await gateway(answer, {}, bounds);
  const documents = [...everyModel(edge.upstreamUrl), ...more];
  edge.set({
    snapshot: compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 7, platformRevision: 2 }),
  });
  return edge;
}
export { document };

/** Anthropic's stock client, without its retries. */
export const anthropic = ({ url }: Gateway, apiKey: string, prefix = '') =>
  new Anthropic({ baseURL: `${url}${prefix}`, apiKey, maxRetries: 0 });

/** What one call sent upstream. */
export type Sent = { url: string; headers: Record<string, unknown>; body: Record<string, unknown>; text: string };

/** An upstream that answers every call with these texts, one event or one JSON, and keeps what it was sent. */
export function answeringWith(...texts: readonly string[]): { listener: RequestListener; sent: Sent[] } {
  const sent: Sent[] = [];
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
      sent.push({ url: request.url ?? '', headers: request.headers, body, text });
      const isStream = texts[0]?.startsWith('event: ') || texts[0]?.startsWith('data: ');
      response.writeHead(200, isStream ? sse : { 'content-type': 'application/json' }).end(texts.join(''));
    });
  };
  return { listener, sent };
}
