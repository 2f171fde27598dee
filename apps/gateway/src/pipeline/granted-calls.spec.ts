import { describe, expect, it } from 'vitest';
import { chat, client, codeOf, gateway, post, providerKey, type Gateway } from './pipeline.fixture.js';

describe('a granted call', () => {
  it.each(['/v1', '/api/llm'])('is served with the stock client below %s', async (prefix) => {
    const edge = await gateway();
    const openai = client(edge, edge.keys.dev, prefix);
    expect((await openai.chat.completions.create(chat)).choices[0]?.message.content).toBe('hello');
    expect((await openai.embeddings.create({ model: 'main/embed', input: 'x' })).usage.prompt_tokens).toBe(3);
    let text = '';
    for await (const part of await openai.chat.completions.create({ ...chat, stream: true })) {
      expect(part.usage).toBeNull();
      text += part.choices[0]?.delta.content;
    }
    expect(text).toBe('ab');
    expect(edge.upstreamRequests[0]).toBe(`POST /v1/chat/completions Bearer ${providerKey}`);
  });

  it('is one decision before the upstream is called, and one end with what it used and cost', async () => {
    let recordedBefore = 0;
    const edge: Gateway = await gateway((_request, response) => {
      recordedBefore = edge.spool.records.length;
      const usage = { prompt_tokens: 10, completion_tokens: 5 };
      response.end(JSON.stringify({ model: 'gpt-x', choices: [{ finish_reason: 'stop' }], usage }));
    });
    const answer = await post(edge, { ...chat, metadata: { project: 'apollo' } }, { 'x-request-id': 'mine-1' });
    await answer.text();
    expect(recordedBefore).toBe(1);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'gatehouse-policy-revision': '7',
      'gatehouse-resolved-model': 'main/gpt',
      'x-request-id': 'mine-1',
    });
    const [decided, completed] = edge.spool.records;
    const id = answer.headers.get('gatehouse-decision-id');
    const shared = {
      decision_id: id,
      request_id: 'mine-1',
      tenant_id: 'acme',
      principal_id: 'user_dev',
      operation: 'chat',
    };
    const model = {
      requested_model: 'main/gpt',
      resolved_model: 'main/gpt',
      provider_account: 'main',
      environment: 'development',
    };
    expect(decided).toMatchObject({
      type: 'access.decided',
      ...shared,
      ...model,
      outcome: 'allow',
      reason: 'granted',
      action: 'model:invoke',
      resource: 'main/gpt',
      policy_revision: 7,
      platform_revision: 2,
      identity_position: 42,
      http_status: 200,
      metadata: { project: 'apollo' },
    });
    expect(decided).toHaveProperty('statements', [expect.stringMatching(/^developer\//u)]);
    expect(completed).toMatchObject({
      type: 'call.completed',
      ...shared,
      ...model,
      input_tokens: 10,
      output_tokens: 5,
      cost: '0.015',
      usage_source: 'upstream',
      outcome: 'completed',
      finish_reason: 'stop',
      response_model: 'gpt-x',
      http_status: 200,
      source: 'upstream',
    });
  });

  it('of a strict tenant is on disk before the upstream is called', async () => {
    let syncsBefore = 0;
    const edge: Gateway = await gateway(
      (_request, response) => {
        syncsBefore = edge.spool.syncs;
        response.end('{}');
      },
      { auditMode: 'strict' },
    );
    await (await post(edge, chat)).text();
    expect(syncsBefore).toBe(1);
  });

  it.each([{ prompt_tokens: -5, completion_tokens: 1 }, { prompt_tokens: 1e300 }, 'much', null])(
    'whose upstream reports %j as usage is charged by an estimate',
    async (usage) => {
      const edge = await gateway((_request, response) => response.end(JSON.stringify({ choices: [], usage })));
      await (await post(edge, chat)).text();
      const [, completed] = edge.spool.records;
      expect(completed).toMatchObject({ usage_source: 'estimated' });
      expect(completed).toHaveProperty('input_tokens', Math.ceil(JSON.stringify(chat).length / 4));
    },
  );
});

describe('an upstream', () => {
  it('without a credential for its address is not called', async () => {
    const edge = await gateway();
    edge.set({ credential: undefined });
    expect(await codeOf(await post(edge, chat))).toBe('502 upstream_error');
    expect(edge.upstreamRequests).toEqual([]);
    expect(edge.spool.records[0]).toMatchObject({ outcome: 'deny', reason: 'upstream_credential_missing' });
  });

  it('that breaks off is the end of a call on record, with its answer in OpenAI’s form', async () => {
    const edge = await gateway((request) => request.socket.destroy());
    expect(await codeOf(await post(edge, chat))).toBe('502 upstream_error');
    expect(edge.spool.records.map(({ type, outcome }) => `${type} ${outcome}`)).toEqual([
      'access.decided allow',
      'call.completed failed',
    ]);
    expect(edge.spool.records[1]).toMatchObject({ usage_source: 'none', source: 'gateway', http_status: 502 });
  });

  it('is stopped when the gateway cuts what is under way, and the call has its end', async () => {
    const asked = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const edge = await gateway((_request, response) => {
      response.on('close', () => stopped.resolve());
      asked.resolve();
    });
    const answer = post(edge, chat).catch(() => 'cut');
    await asked.promise;
    expect(edge.pipeline.count).toBe(1);
    edge.pipeline.cut();
    await Promise.all([stopped.promise, edge.pipeline.drained()]);
    expect(await answer).toBe('cut');
    expect(edge.spool.records[1]).toMatchObject({ outcome: 'cancelled', usage_source: 'estimated', http_status: 499 });
  });
});

describe('the list of models', () => {
  it('is exactly what the key may invoke, recorded as one decision', async () => {
    const edge = await gateway();
    const names = async (key: string) => (await client(edge, key).models.list()).data.map(({ id }) => id);
    expect(await names(edge.keys.dev)).toEqual(['main/embed', 'main/gpt']);
    expect(await names(edge.keys.nobody)).toEqual([]);
    expect(edge.spool.records.map((record) => record.type)).toEqual(['access.decided', 'access.decided']);
    expect(edge.spool.records[0]).toMatchObject({ action: 'model:list', outcome: 'allow' });
  });

  it('has one of them by its name, and no other', async () => {
    const edge = await gateway();
    const { models } = client(edge, edge.keys.dev);
    expect(await models.retrieve('main/gpt')).toMatchObject({ id: 'main/gpt', owned_by: 'main' });
    await expect(models.retrieve('main/secret')).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(models.retrieve('main/nothing')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });
});
