import { describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { admin, decisionRows, demoKey, gatewayUrl, local, openai, sql } from '../system/system.js';

const messages = [{ role: 'user' as const, content: 'Count to three.' }];
type Listed = { data: { decision_id: string; tenant_id: string }[]; has_more: boolean };

async function post(path: string, key: string | undefined, body: object) {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const answer = await fetch(`${gatewayUrl()}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.text();
  return { status: answer.status, id: String(answer.headers.get('gatehouse-decision-id')) };
}

describe('an allowed call', () => {
  it('is one decision under the id of its answer, and one call with the tokens of its answer', async () => {
    const key = demoKey('acme', 'manager');
    const model = 'openai-main/gpt-4';
    const { data, response } = await openai(key).chat.completions.create({ model, messages }).withResponse();
    const id = String(response.headers.get('gatehouse-decision-id'));
    const rows = await decisionRows(id);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      tenant_id: 'acme',
      principal_kind: 'user',
      auth_method: 'api_key',
      service: 'gateway',
      action: 'model:invoke',
      resource_type: 'model',
      operation: 'chat',
      requested_model: model,
      resolved_model: model,
      provider_account: 'openai-main',
      environment: 'production',
      outcome: 'allow',
      code: '',
      reason: 'granted',
      http_method: 'POST',
      path: '/v1/chat/completions',
    });
    const calls = await waitFor(
      async () => {
        const found = await sql<Record<string, unknown>>('SELECT * FROM calls WHERE decision_id = {id:UUID}', { id });
        return found.length > 0 && found;
      },
      { timeoutMs: 30_000 },
    );
    expect(calls).toHaveLength(1);
    const [call] = calls;
    expect([Number(call?.['input_tokens']), Number(call?.['output_tokens'])]).toEqual([
      data.usage?.prompt_tokens,
      data.usage?.completion_tokens,
    ]);
    expect(call).toMatchObject({
      tenant_id: 'acme',
      resolved_model: model,
      usage_source: 'upstream',
      outcome: 'completed',
      finish_reason: 'stop',
    });
  });

  it('as a stream is one call with the tokens that the stream was made of', async () => {
    const stream = await openai(demoKey('acme', 'manager'))
      .chat.completions.create({ model: 'local/mistral', messages, stream: true })
      .withResponse();
    const id = String(stream.response.headers.get('gatehouse-decision-id'));
    for await (const _chunk of stream.data);
    const find = () =>
      sql<{ stream: boolean; output_tokens: string; time_to_first_token_ms: number }>(
        'SELECT stream, output_tokens, time_to_first_token_ms FROM calls WHERE decision_id = {id:UUID}',
        { id },
      );
    const [call] = await waitFor(async () => (await find()).length > 0 && find(), { timeoutMs: 30_000 });
    expect(call?.stream).toBe(true);
    expect(Number(call?.output_tokens)).toBeGreaterThan(0);
    expect(call?.time_to_first_token_ms).toBeGreaterThan(0);
  });
});

describe('a refused call', () => {
  it.each([
    [
      'an ungranted model',
      'viewer',
      'openai-main/gpt-4',
      { status: 403, code: 'model_not_allowed', reason: 'no_matching_rule' },
    ],
    [
      'an unknown model',
      'viewer',
      'openai-main/nope',
      { status: 403, code: 'model_not_allowed', reason: 'unknown_model' },
    ],
  ])('for %s is one decision with its own reason, and no call', async (_what, name, model, expected) => {
    const { status, id } = await post('/v1/chat/completions', demoKey('acme', name), { model, messages });
    expect(status).toBe(expected.status);
    const rows = await decisionRows(id);
    expect(rows).toHaveLength(1);
    const { code, reason } = expected;
    expect(rows[0]).toMatchObject({ tenant_id: 'acme', outcome: 'deny', code, reason, http_status: status });
    expect(await sql('SELECT 1 FROM calls WHERE decision_id = {id:UUID}', { id })).toEqual([]);
  });

  it('without credentials is a decision of no tenant', async () => {
    const { status, id } = await post('/v1/chat/completions', undefined, { model: 'local/llama-3', messages });
    expect(status).toBe(401);
    const [row] = await decisionRows(id);
    expect(row).toMatchObject({ tenant_id: '', key_id: '', code: 'missing_credentials', outcome: 'deny' });
  });

  it('with a wrong secret of a known key is a decision of the tenant of that key', async () => {
    const key = demoKey('acme', 'manager').replace(/_.{43}_.{6}$/, '');
    const issued = await admin<{ id: string; value: string }>(
      'identity',
      'POST',
      '/v1/api-keys',
      demoKey('acme', 'admin'),
      {
        json: { name: 'soon revoked', owner: 'virtual-account:service' },
      },
    );
    expect(key).toMatch(/^gh_pat/);
    await admin('identity', 'POST', `/v1/api-keys/${issued.body.id}/revoke`, demoKey('acme', 'admin'), { json: {} });
    const revoked = async () => {
      const call = await post('/v1/chat/completions', issued.body.value, { model: 'local/llama-3', messages });
      const [row] = await decisionRows(call.id);
      return call.status === 401 && row?.reason === 'key_revoked' && row;
    };
    const row = await waitFor(revoked, { timeoutMs: 30_000 });
    expect(row).toMatchObject({ tenant_id: 'acme', key_id: issued.body.id, code: 'invalid_api_key' });
  });
});

describe('the audit API', () => {
  it('answers a decision by its id, to its own tenant only', async () => {
    const { id } = await post('/v1/chat/completions', demoKey('acme', 'viewer'), { model: 'local/llama-3', messages });
    await decisionRows(id);
    const own = await admin('audit', 'GET', `/v1/decisions/${id}`, demoKey('acme', 'auditor'));
    expect([own.status, own.body['decision_id']]).toEqual([200, id]);
    const other = await admin('audit', 'GET', `/v1/decisions/${id}`, demoKey('globex', 'admin'));
    const missing = await admin(
      'audit',
      'GET',
      '/v1/decisions/01990000-0000-7000-8000-000000000000',
      demoKey('globex', 'admin'),
    );
    expect([other.status, missing.status]).toEqual([404, 404]);
    expect(JSON.stringify(other.body)).not.toContain('acme');
  });

  it('lists the decisions of the own tenant, page by page, each once', async () => {
    const auditor = demoKey('acme', 'auditor');
    const seen: string[] = [];
    let after = '';
    for (let page = 0; page < 3; page += 1) {
      const path = `/v1/decisions?service=gateway&limit=2${after && `&after=${after}`}`;
      const { status, body } = await admin<Listed & { next_cursor?: string }>('audit', 'GET', path, auditor);
      expect(status).toBe(200);
      for (const row of body.data) expect(row.tenant_id).toBe('acme');
      seen.push(...body.data.map((row) => row.decision_id));
      after = body.next_cursor ?? '';
      if (!body.has_more) break;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(2);
  });

  it('has the admin calls too, allowed and denied', async () => {
    const allowed = await admin('identity', 'GET', '/v1/users', demoKey('acme', 'admin'));
    const denied = await admin('identity', 'GET', '/v1/users', demoKey('acme', 'viewer'));
    const unknown = await admin('policy', 'GET', '/v1/roles', 'gh_not_a_key');
    const idOf = ({ headers }: { headers: Headers }) => String(headers.get('gatehouse-decision-id'));
    expect([allowed.status, denied.status, unknown.status]).toEqual([200, 403, 401]);
    expect((await decisionRows(idOf(allowed)))[0]).toMatchObject({
      service: 'identity',
      action: 'user:read',
      outcome: 'allow',
    });
    expect((await decisionRows(idOf(denied)))[0]).toMatchObject({
      service: 'identity',
      action: 'user:read',
      outcome: 'deny',
    });
    expect((await decisionRows(idOf(unknown)))[0]).toMatchObject({ service: 'policy', tenant_id: '', outcome: 'deny' });
  });

  it('proves that nothing is missing and nothing is there twice', async () => {
    const operator = local().operator.api_key;
    const report = await waitFor(async () => {
      const { body } = await admin<{ consistent: boolean }>('audit', 'GET', '/v1/reconciliation', operator);
      return body.consistent && body;
    });
    expect(report.consistent).toBe(true);
  });
});
