import { BadRequestError } from 'openai';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { behave, behaveWell, callRows } from '../failure/provider-control.js';
import { clearProviderRequests, decisionRows, demoKey, openai, providerRequests } from '../system/system.js';

const messages = [{ role: 'user' as const, content: 'Say hello.' }];

async function ask(name: string, model: string) {
  const client = openai(demoKey('acme', name));
  const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
  return { text: data.choices[0]?.message.content, headers: response.headers };
}

beforeEach(clearProviderRequests);
afterAll(behaveWell);

describe('the demo’s route `assistant` leads a stock client', () => {
  it.each([
    ['manager', 'openai-main/gpt-4', 'gpt-4', 'granted'],
    ['economy', 'local/llama-3', 'llama-3', 'downgraded'],
  ])('as %s to %s, and says so in answer and record', async (who, resolved, upstream, reason) => {
    const { text, headers } = await ask(who, 'assistant');
    expect(text).toContain(`Sandbox(${upstream})`);
    expect(headers.get('gatehouse-resolved-model')).toBe(resolved);
    expect(headers.get('gatehouse-applied-rules')).toBe('Route/assistant');
    const [row] = await decisionRows(String(headers.get('gatehouse-decision-id')));
    const models = { requested_model: 'assistant', resolved_model: resolved, resource: resolved };
    expect(row).toMatchObject({ ...models, outcome: 'allow', reason, applied_rules: ['Route/assistant'] });
    expect(await providerRequests()).toHaveLength(1);
  });

  it('on to the next target when the first fails, each call decided, recorded and ended on its own', async () => {
    await behave('gpt-4', { status: 503 });
    const { text, headers } = await ask('manager', 'assistant');
    expect(text).toContain('Sandbox(llama-3)');
    expect(headers.get('gatehouse-attempts')).toBe('2');
    const requestId = String(headers.get('x-request-id'));
    // What the caller did not name is the id of the first decision.
    const ids = [requestId, String(headers.get('gatehouse-decision-id'))];
    const rows = [];
    for (const id of ids) rows.push(...(await decisionRows(id)));
    expect(rows).toMatchObject([
      { request_id: requestId, resolved_model: 'openai-main/gpt-4', outcome: 'allow', reason: 'granted' },
      { request_id: requestId, resolved_model: 'local/llama-3', outcome: 'allow', reason: 'fallback' },
    ]);
    const [failed, completed] = [await callRows(ids[0] ?? ''), await callRows(ids[1] ?? '')];
    expect(failed).toMatchObject([{ outcome: 'failed', error_type: 'upstream_503', usage_source: 'none' }]);
    expect(completed).toMatchObject([{ outcome: 'completed', usage_source: 'upstream' }]);
  });

  it.each([
    ['may use none of its targets', 'viewer'],
    ['may use its targets, but not the route', 'service'],
  ])('nowhere who %s: as if there were no such name', async (_what, who) => {
    const answers = [];
    for (const model of ['assistant', 'no-such-name']) {
      const refused = openai(demoKey('acme', who)).chat.completions.create({ model, messages });
      const error = await refused.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BadRequestError);
      const { status, code, message, param } = error as BadRequestError;
      answers.push({ status, code, message, param });
    }
    expect(answers[0]).toMatchObject({ code: 'missing_provider_account' });
    expect(answers[0]).toEqual(answers[1]);
    expect(await providerRequests()).toEqual([]);
  });

  it('nowhere in another tenant', async () => {
    const refused = openai(demoKey('globex', 'manager')).chat.completions.create({ model: 'assistant', messages });
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
  });

  it('never past a downgrade to what was denied: the model itself stays out of reach', async () => {
    const denied = openai(demoKey('acme', 'economy')).chat.completions.create({ model: 'openai-main/gpt-4', messages });
    await expect(denied).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' });
  });
});
