import type { RequestListener } from 'node:http';
import { MemoryBus } from '#libs/bus';
import type { DecisionRecord } from '#libs/contracts';
import { answering, chat, gateway, policyOf, post, type Gateway } from '../pipeline/pipeline.fixture.js';
import { document } from '../routing/routed.fixture.js';

type Options = {
  readonly answer?: RequestListener;
  readonly settings?: object;
  readonly bus?: MemoryBus;
};

/** A gateway whose tenant has these rules in a document `spec`; two on one bus hold them together. */
export async function limited(rules: readonly object[], { answer = answering, settings = {}, bus }: Options = {}) {
  const edge = await gateway(answer, settings, bus ? { bus } : {});
  const enforce = (now: readonly object[], baseUrl = edge.upstreamUrl) =>
    edge.set({ snapshot: policyOf(baseUrl, settings, [document('Limits', 'spec', { rules: now })]) });
  enforce(rules);
  return { ...edge, enforce };
}

/** What an upstream says that it used, whatever it was asked. */
export const using =
  (usage: unknown): RequestListener =>
  (request, response) => {
    request.resume();
    const choices = [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }];
    const text = JSON.stringify({ id: 'x', object: 'chat.completion', model: 'gpt', choices, usage });
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };

/** The last record of a kind. */
export function last<Type extends DecisionRecord['type']>({ spool }: Gateway, type: Type) {
  return spool.records.findLast((record) => record.type === type) as Extract<DecisionRecord, { type: Type }>;
}

const month = { id: 'month', when: {} };
/** A rule that lets so many calls a month through. */
export const requests = (limit: number, more: object = {}) => ({
  ...month,
  limit,
  unit: 'requests_per_month',
  ...more,
});
export const tokens = (limit: number, more: object = {}) => ({ ...month, limit, unit: 'tokens_per_month', ...more });
export const cost = (limit: string, more: object = {}) => ({ ...month, limit, unit: 'cost_per_month', ...more });

/** What so many calls are answered, one after the other. */
export async function statuses(edge: Gateway, calls: number, body: object = chat): Promise<number[]> {
  const found = [];
  for (let n = 0; n < calls; n += 1) {
    const answer = await post(edge, body);
    await answer.text();
    found.push(answer.status);
  }
  return found;
}
