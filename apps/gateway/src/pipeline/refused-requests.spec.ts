import { describe, expect, it } from 'vitest';
import { chat, codeOf, gateway, post } from './pipeline.fixture.js';

describe('a refused request', () => {
  it('without or with a wrong credential is 401, alike for every fault of a key', async () => {
    const edge = await gateway();
    const ask = (authorization: string) => post(edge, chat, { authorization });
    expect(await codeOf(await ask(''))).toBe('401 missing_credentials');
    const wrong = edge.keys.dev.replace(/.{6}$/u, 'aaaaaa');
    const bodies = new Set<string>();
    for (const key of [wrong, 'nonsense', edge.keys.revoked, edge.keys.gone, edge.keys.svc]) {
      const answer = await ask(`Bearer ${key}`);
      expect(answer.status).toBe(401);
      bodies.add(await answer.text());
    }
    expect(bodies.size).toBe(1);
    expect(JSON.parse([...bodies][0] ?? '')).toMatchObject({
      error: { code: 'invalid_api_key', type: 'authentication_error' },
    });
    const reasons = edge.spool.records.map((record) => ('reason' in record ? record.reason : ''));
    expect(reasons).toEqual([
      'credentials_missing',
      'key_malformed',
      'key_malformed',
      'key_revoked',
      'tenant_suspended',
      'key_kind_not_accepted',
    ]);
    expect(edge.spool.records[3]).toMatchObject({ tenant_id: 'acme', outcome: 'deny', code: 'invalid_api_key' });
    expect(edge.upstreamRequests).toEqual([]);
  });

  it('for an ungranted and for an unknown model has the same body', async () => {
    const edge = await gateway();
    const ungranted = await post(edge, { ...chat, model: 'main/secret' });
    const unknown = await post(edge, { ...chat, model: 'main/nothing' });
    const text = await ungranted.text();
    expect(await unknown.text()).toBe(text);
    expect([ungranted.status, unknown.status]).toEqual([403, 403]);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'model_not_allowed', param: 'model' } });
    expect(ungranted.headers.get('gatehouse-resolved-model')).toBeNull();
    const reasons = edge.spool.records.map((record) => ('reason' in record ? record.reason : ''));
    expect(reasons).toEqual(['no_matching_rule', 'unknown_model']);
    expect(edge.upstreamRequests).toEqual([]);
  });

  it('has its decision’s id in the answer, and exactly one record', async () => {
    const edge = await gateway();
    const answers = [
      await post(edge, chat, { authorization: '' }),
      await post(edge, { ...chat, model: 'main/secret' }),
      await post(edge, '{"model":'),
      await post(edge, chat, {}, '/v1/nowhere'),
      await fetch(`${edge.url}/v1/chat/completions`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 403, 400, 404, 405]);
    const told = answers.map(({ headers }) => headers.get('gatehouse-decision-id'));
    expect(edge.spool.records.map(({ decision_id }) => decision_id)).toEqual(told);
    for (const id of told) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/u);
  });

  it.each([
    ['{"model":', '400 invalid_json'],
    ['null', '400 invalid_request'],
    [{ messages: [] }, '400 missing_model'],
    [{ ...chat, model: 'gpt' }, '400 missing_provider_account'],
    [{ ...chat, model: 'main/' }, '400 missing_provider_account'],
    ['{"model":"main/gpt","model":"main/secret","messages":[]}', '400 ambiguous_body'],
    ['x'.repeat(100_001), '413 body_too_large'],
    [{ ...chat, model: 'main/embed' }, '400 invalid_request'],
  ])('%j → %s', async (body, expected) => {
    const edge = await gateway();
    expect(await codeOf(await post(edge, body))).toBe(expected);
    expect(edge.upstreamRequests).toEqual([]);
  });

  it('with two different credentials is 400, and with the same one twice is served', async () => {
    const edge = await gateway();
    expect(await codeOf(await post(edge, chat, { 'x-api-key': edge.keys.nobody }))).toBe('400 ambiguous_credentials');
    expect((await post(edge, chat, { 'x-api-key': edge.keys.dev })).status).toBe(200);
  });

  it('is told in the form of the route it named: a problem outside of the models’ prefixes', async () => {
    const edge = await gateway();
    const answer = await fetch(`${edge.url}/admin`);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('keeps keys that were put in the wrong place out of its record', async () => {
    const edge = await gateway();
    await fetch(`${edge.url}/v1/${edge.keys.dev}?key=${edge.keys.dev}`, {
      headers: { 'user-agent': edge.keys.dev, 'x-request-id': edge.keys.dev },
    });
    await post(edge, { ...chat, metadata: { key: edge.keys.dev } });
    expect(JSON.stringify(edge.spool.records)).not.toContain(edge.keys.dev.slice(21, 64));
  });

  it('requires the metadata that the tenant requires', async () => {
    const edge = await gateway(undefined, { requiredMetadata: { project: ['apollo'] } });
    expect(await codeOf(await post(edge, chat))).toBe('400 missing_metadata');
    expect(await codeOf(await post(edge, { ...chat, metadata: { project: 'x' } }))).toBe('400 invalid_metadata');
    expect((await post(edge, { ...chat, metadata: { project: 'apollo' } })).status).toBe(200);
  });
});
