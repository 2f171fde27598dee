import { RateLimitError } from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { behave, behaveWell, callRows } from '../failure/provider-control.js';
import { admin, decisionRows, demoKey, gatewayUrl, kill, openai } from '../system/system.js';

const administrator = () => demoKey('acme', 'admin');
const messages = [{ role: 'user' as const, content: 'Say hello.' }];
/** Of what a gateway claimed and no call needed, nothing is left with it after two looks. */
const GIVEN_BACK_MS = 3_000;
/** Counters go by the document's name: what an earlier run used is another's. */
const name = `spec-${Date.now()}`;

/** Puts rules in force at both gateways. */
async function enforce(rules: readonly object[]): Promise<void> {
  const document = { apiVersion: 'gatehouse/v1', kind: 'Limits', metadata: { name, tenant: 'acme' }, spec: { rules } };
  const { status, headers } = await admin('policy', 'POST', '/v1/apply', administrator(), { json: document });
  expect(status).toBe(200);
  for (const gateway of [1, 2] as const) {
    const position = String(headers.get('gatehouse-position'));
    const asked = { authorization: `Bearer ${administrator()}`, 'gatehouse-min-position': position };
    const isThere = async () => (await fetch(`${gatewayUrl(gateway)}/v1/models`, { headers: asked })).status === 200;
    await waitFor(isThere, { timeoutMs: 30_000, what: `revision at gateway ${gateway}` });
  }
}

/** The answer's headers, or the error that the stock client throws. */
async function ask(key: string, gateway: 1 | 2, model = 'local/llama-3'): Promise<Headers | RateLimitError> {
  try {
    const { response } = await openai(key, { gateway }).chat.completions.create({ model, messages }).withResponse();
    return response.headers;
  } catch (error) {
    if (error instanceof RateLimitError) return error;
    throw error;
  }
}

/**
 * Calls one gateway and the other until both have refused for as long as claims take to be given back: how many calls
 * were still let through. Two that asked for the same at once may both have been refused it.
 */
async function takeAll(key: string): Promise<number> {
  let passed = 0;
  for (let quietSinceMs = Date.now(); Date.now() - quietSinceMs < GIVEN_BACK_MS;) {
    for (const gateway of [1, 2] as const) {
      if ((await ask(key, gateway)) instanceof RateLimitError) continue;
      passed += 1;
      quietSinceMs = Date.now();
    }
  }
  return passed;
}

afterAll(async () => {
  await behaveWell();
  await admin('policy', 'DELETE', `/v1/limits/${name}`, administrator(), { headers: { 'if-match': '*' } });
});

describe('a Limits document in force', () => {
  it('lets exactly as many calls through as it says, 64 of them at once, at two gateways together, and holds nobody else back', async () => {
    const rule = {
      id: 'twelve',
      when: { subjects: ['virtual-account:service'] },
      limit: 12,
      unit: 'requests_per_month',
    };
    await enforce([rule]);
    const others = ([1, 2, 1, 2] as const).map((gateway) =>
      ask(demoKey('globex', 'manager'), gateway, 'openai-main/gpt-4'),
    );
    const calls = Array.from({ length: 64 }, (_, n) => ask(demoKey('acme', 'service'), n % 2 === 0 ? 1 : 2));
    const answers = await Promise.all(calls);
    const refused = answers.filter((answer) => answer instanceof RateLimitError);
    expect(refused.length).toBeGreaterThanOrEqual(52);
    expect(await takeAll(demoKey('acme', 'service'))).toBe(refused.length - 52);
    const cited = `Limits/${name}/twelve`;
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'rate_limit_exceeded', message: expect.stringContaining(cited) });
      expect(error.headers?.get('x-ratelimit-limit-requests')).toBe('12');
      expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0);
    }
    for (const answer of await Promise.all(others)) expect(answer).not.toBeInstanceOf(RateLimitError);
    const [row] = await decisionRows(String(refused[0]?.headers?.get('gatehouse-decision-id')));
    const verdict = { outcome: 'deny', code: 'rate_limit_exceeded', reason: 'limit', http_status: 429 };
    expect(row).toMatchObject({ ...verdict, applied_rules: [cited] });
  });

  it('forgets nothing when every gateway is killed: what was used before counts, and no more than that', async () => {
    const rule = {
      id: 'killed',
      when: { subjects: ['virtual-account:service'] },
      limit: 12,
      unit: 'requests_per_month',
    };
    await enforce([rule]);
    const service = demoKey('acme', 'service');
    for (let n = 0; n < 5; n += 1) expect(await ask(service, n % 2 === 0 ? 1 : 2)).not.toBeInstanceOf(RateLimitError);
    await Promise.all([kill('gateway'), kill('gateway-2')]);
    const calls = Array.from({ length: 32 }, (_, n) => ask(service, n % 2 === 0 ? 1 : 2));
    const answers = await Promise.all(calls);
    const passed = answers.filter((answer) => !(answer instanceof RateLimitError)).length;
    expect(passed).toBeLessThanOrEqual(7);
    expect(await takeAll(service)).toBe(7 - passed);
  });

  it('is a budget where it counts cost: used up by what calls really cost, at whichever gateway', async () => {
    const when = { subjects: ['user:mona@acme.example'], models: ['openai-main/gpt-4'] };
    await enforce([{ id: 'budget', when, limit: '0.00126', unit: 'cost_per_month', per: ['principal'] }]);
    // 0.00025 and 0.001 USD: what is left does not even pay for what is asked.
    await behave('gpt-4', { usage: { prompt_tokens: 100, completion_tokens: 100 } });
    const first = await ask(demoKey('acme', 'manager'), 1, 'openai-main/gpt-4');
    if (first instanceof RateLimitError) throw first;
    expect(first.get('gatehouse-budget-limit')).toBe('0.00126');
    const [call] = await callRows(String(first.get('gatehouse-decision-id')));
    expect(Number(call?.cost)).toBe(0.00125);
    // The other gateway hears of it a second later at most.
    const error = await waitFor(
      async () => {
        const answer = await ask(demoKey('acme', 'manager'), 2, 'openai-main/gpt-4');
        return answer instanceof RateLimitError && answer;
      },
      { timeoutMs: 30_000, what: 'the budget to be used up' },
    );
    expect(error).toMatchObject({ code: 'budget_exceeded', message: expect.stringContaining(`Limits/${name}/budget`) });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(await ask(demoKey('acme', 'manager'), 1, 'local/llama-3')).not.toBeInstanceOf(RateLimitError);
  });
});
