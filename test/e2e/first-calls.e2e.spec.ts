import { AuthenticationError, PermissionDeniedError } from 'openai';
import { beforeEach, describe, expect, it } from 'vitest';
import { clearProviderRequests, demoKey, gatewayUrl, openai, providerRequests } from '../system/system.js';

const messages = [{ role: 'user' as const, content: 'Say hello.' }];
const manager = () => demoKey('acme', 'manager');

beforeEach(clearProviderRequests);

describe.each(['/v1', '/api/llm'])('a stock OpenAI client below %s', (path) => {
  it('gets a granted chat completion', async () => {
    const answer = await openai(manager(), { path }).chat.completions.create({ model: 'openai-main/gpt-4', messages });
    expect(answer.choices[0]?.message.content).toContain('Sandbox(gpt-4)');
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('gets a granted completion as a stream, without the usage it did not ask for', async () => {
    const stream = await openai(manager(), { path }).chat.completions.create({
      model: 'local/llama-3',
      messages,
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      expect(chunk.usage ?? null).toBeNull();
      expect(chunk.choices).not.toHaveLength(0);
    }
    expect(text).toContain('Sandbox(llama-3)');
  });

  it('gets the usage of a stream when it asks for it', async () => {
    const stream = await openai(manager(), { path }).chat.completions.create({
      model: 'local/llama-3',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const usages = [];
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage);
    expect(usages).toHaveLength(1);
  });

  it('gets a granted embedding', async () => {
    const model = 'openai-main/text-embedding-3-small';
    const answer = await openai(manager(), { path }).embeddings.create({ model, input: 'hello' });
    expect(answer.data[0]?.embedding.length).toBeGreaterThan(0);
  });
});

describe('GET /v1/models', () => {
  it('lists exactly what the key may invoke, each under the name to call it by', async () => {
    const listed = async (tenant: 'acme' | 'globex', name: string) =>
      (await openai(demoKey(tenant, name)).models.list()).data.map(({ id }) => id).toSorted();
    expect(await listed('acme', 'developer')).toEqual(['dev/llama-3', 'staging/gpt-4o-mini']);
    expect(await listed('acme', 'qa-engineer')).toEqual(['staging/gpt-4o-mini']);
    expect(await listed('acme', 'internal-tools')).toEqual(['dev/llama-3']);
    expect(await listed('acme', 'service')).toEqual(['local/llama-3', 'local/mistral']);
    expect(await listed('acme', 'embeddings')).toEqual(['openai-main/text-embedding-3-small']);
    expect(await listed('acme', 'analyst')).toEqual(['anthropic-main/claude', 'local/llama-3', 'local/mistral']);
    expect(await listed('acme', 'viewer')).toEqual([]);
    expect(await listed('acme', 'external')).toEqual([]);
    const globex = ['globex/ft-1', 'local/llama-3', 'openai-main/gpt-4', 'shared/ft-g'];
    expect(await listed('globex', 'manager')).toEqual(globex);
  });

  it('lists nothing that the same key cannot call, and everything that it can', async () => {
    const client = openai(demoKey('acme', 'economy'));
    const listed = new Set((await client.models.list()).data.map(({ id }) => id));
    for (const model of ['openai-main/gpt-4', 'staging/gpt-4o-mini', 'dev/llama-3', 'local/llama-3', 'acme/ft-1']) {
      const called = await client.chat.completions.create({ model, messages }).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(PermissionDeniedError);
          return false;
        },
      );
      expect([model, called]).toEqual([model, listed.has(model)]);
    }
  });
});

describe('a refused call', () => {
  const attempt = async (apiKey: string, model: string) =>
    openai(apiKey)
      .chat.completions.create({ model, messages })
      .then(
        () => undefined,
        (error: unknown) => error,
      );

  it('to an ungranted and to an unknown model are answered alike, and reach no provider', async () => {
    const developer = demoKey('acme', 'developer');
    const [ungranted, unknown, foreign] = [
      await attempt(developer, 'openai-main/gpt-4'),
      await attempt(developer, 'openai-main/gpt-9'),
      await attempt(developer, 'globex/ft-1'),
    ];
    for (const error of [ungranted, unknown, foreign]) {
      expect(error).toBeInstanceOf(PermissionDeniedError);
      expect(error).toMatchObject({ status: 403, code: 'model_not_allowed' });
    }
    const bodies = [ungranted, unknown, foreign].map((error) => (error as PermissionDeniedError).error);
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(await providerRequests()).toEqual([]);
  });

  it('without a key, or with a wrong or unknown one, is 401 and reaches no provider', async () => {
    const missing = await fetch(`${gatewayUrl()}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai-main/gpt-4', messages }),
    });
    expect(missing.status).toBe(401);
    expect(await missing.json()).toMatchObject({ error: { code: 'missing_credentials' } });
    const valid = manager();
    const wrongSecret = valid.replace(/_.{43}_/, `_${'A'.repeat(43)}_`);
    for (const key of ['sk-not-ours', wrongSecret, valid.slice(0, -1)]) {
      const error = await attempt(key, 'openai-main/gpt-4');
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
    }
    expect(await providerRequests()).toEqual([]);
  });

  it('with a key of another tenant gives nothing of this one', async () => {
    const error = await attempt(demoKey('globex', 'admin'), 'acme/ft-1');
    expect(error).toMatchObject({ status: 403, code: 'model_not_allowed' });
  });

  it.each([
    ['an ambiguous body', '{"model":"local/llama-3","model":"openai-main/gpt-4","messages":[]}', 'ambiguous_body'],
    ['no JSON', '{"model":', 'invalid_json'],
    ['no model', '{"messages":[]}', 'missing_model'],
    ['a model without an account', '{"model":"gpt-4","messages":[]}', 'missing_provider_account'],
  ])('for %s is 400 and says which', async (_what, body, code) => {
    const answer = await fetch(`${gatewayUrl()}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${manager()}` },
      body,
    });
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([400, code]);
    expect(await providerRequests()).toEqual([]);
  });
});
