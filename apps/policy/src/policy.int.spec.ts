import { crossTenantFindings, listRoutes, unconditionalWrites, undeclaredRoutes } from '#libs/access';
import { undescribedRoutes } from '#libs/openapi';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, binding, bundle, document, Policy, role } from './policy.fixture.js';

const policy = new Policy();
const names = ['globex-secret', 'gil@globex.example', 'Only for Globex', 'globex.upstream.example'];
const model = document('Model', 'globex', 'globex-main/globex-secret', {
  upstreamModel: 'globex-secret',
  types: ['chat'],
});
const spec = { subjects: ['user:user_gil'], roles: ['admin'] };
const prompt = document('Prompt', 'globex', 'globex-secret', {
  messages: [{ role: 'system', content: 'Only for Globex' }],
});
const bodies = {
  'POST /v1/prompts/:name/render': {},
  'POST /v1/prompts/:name/versions/:version/promote': {},
  'POST /v1/apply': binding('mine', 'user:user_ada', ['admin'], 'globex'),
  'POST /v1/check': binding('mine', 'user:user_ada', ['admin'], 'globex'),
  'POST /v1/ledger': {
    type: 'correction',
    account: 'user:gil@globex.example',
    against: 'provider-account:globex-main',
    amount: '-1',
    currency: 'USD',
    reason: 'Only for Globex',
  },
  'POST /v1/revisions/:revision/rollback': {},
  'PUT /v1/provider-accounts/:account/credential': { value: 'upstream' },
  'POST /v1/explain': {
    subject: 'user:gil@globex.example',
    action: 'model:invoke',
    resource: 'model:globex-main/globex-secret',
    tenant: 'globex',
  },
};

beforeAll(async () => {
  await policy.open();
  const globex = [account('globex-main', 'globex', 'https://globex.upstream.example/v1'), model, prompt];
  await policy.apply('gil', bundle(...globex, role('globex-secret', 'globex', 'Only for Globex')));
  for (let i = 0; i < 6; i += 1) await policy.apply('gil', role(`globex-secret-${i}`, 'globex'));
  await policy.ask('gil', 'PUT /v1/provider-accounts/globex-main/credential', { value: 'upstream-secret' });
  await policy.ask('gil', 'POST /v1/ledger', bodies['POST /v1/ledger']);
});
afterAll(() => policy.close());

describe('every route of policy', () => {
  it('declares what it requires', () => {
    expect(undeclaredRoutes(policy.app)).toEqual([]);
  });

  it('says what it answers, in a document that is valid and kept in docs/reference/openapi', async () => {
    expect(undescribedRoutes(policy.app)).toEqual([]);
    const { statusCode, body } = await policy.app.inject('/openapi.json');
    expect(statusCode).toBe(200);
    expect((await new Validator().validate(JSON.parse(body))).errors ?? []).toEqual([]);
    expect(body).not.toMatch(/gh_(?:pat|vak|svc)[pdstx]_/);
    await expect(`${JSON.stringify(JSON.parse(body), undefined, 2)}\n`).toMatchFileSnapshot(
      '../../../docs/reference/openapi/policy.json',
    );
  });

  it('that changes or deletes what has a version takes If-Match', () => {
    // It can be written and not read, so there is no version to have read.
    const versionless = ['PUT /v1/provider-accounts/:account/credential'];
    expect(unconditionalWrites(policy.app, versionless)).toEqual([]);
  });

  it('is asked about things that are really there', async () => {
    expect((await policy.ask('gil', 'GET /v1/models')).body.data).toHaveLength(1);
    expect((await policy.ask('gil', 'GET /v1/roles/globex-secret')).text).toContain('Only for Globex');
    expect((await policy.ask('gil', 'GET /v1/ledger')).text).toContain('Only for Globex');
  });

  it('shows nothing of another tenant, by id, by name or by naming the tenant', async () => {
    const ids = { revision: ['6'], version: ['1'], name: ['globex-secret'], account: ['globex-main'] };
    const foreign = { tenantId: 'globex', ids, names, bodies, headers: { 'if-match': '*' } };
    expect(await crossTenantFindings(policy.app, policy.keys.ada, foreign)).toEqual([]);
  });

  it('that takes a tenant in its query answers 404 to everybody but the operator', async () => {
    const filled = (path: string) =>
      path.replace(':revision', '1').replace(':account', 'globex-main').replace(':name', 'globex-secret');
    const reads = listRoutes(policy.app).filter(({ method, isPublic }) => method === 'GET' && !isPublic);
    const asked = reads.filter(({ path }) => path.startsWith('/v1/revisions') || /^\/v1\/[a-z-]+(\/:.*)?$/.test(path));
    for (const { path } of asked) {
      const query = path.includes('can') ? '&action=model:invoke&resource=model:x/y&subject=user:x' : '';
      const { status, text } = await policy.ask('ada', `GET ${filled(path)}?tenant=globex${query}`);
      expect([path, [400, 404].includes(status)]).toEqual([path, true]);
      for (const name of names) expect(text).not.toContain(name);
    }
    const writes: [string, unknown?][] = [
      ['PUT /v1/role-bindings/mine?tenant=globex', { spec }],
      ['DELETE /v1/roles/globex-secret?tenant=globex'],
      ['POST /v1/revisions/1/rollback?tenant=globex', {}],
      ['POST /v1/prompts/globex-secret/versions/1/promote?tenant=globex', {}],
      ['PUT /v1/provider-accounts/globex-main/credential?tenant=globex', { value: 'x' }],
    ];
    const any = { 'if-match': '*' };
    for (const [route, body] of writes) expect((await policy.ask('ada', route, body, any)).status).toBe(404);
    expect((await policy.ask('operator', 'GET /v1/roles/globex-secret?tenant=globex')).status).toBe(200);
    expect((await policy.ask('operator', 'GET /v1/revisions?tenant=globex')).body.data).toHaveLength(8);
  });

  it('does not tell the address of another tenant’s user whose id somebody writes down', async () => {
    await policy.apply('ada', binding('theirs', 'user:user_gil', ['viewer']));
    const { text } = await policy.ask('ada', 'GET /v1/role-bindings/theirs');
    expect(text).not.toContain('gil@globex.example');
    await policy.ask('ada', 'DELETE /v1/role-bindings/theirs');
  });

  it('is 404 where the operator names a tenant that does not exist', async () => {
    expect((await policy.apply('operator', role('a', 'nowhere'))).status).toBe(404);
    expect((await policy.ask('operator', 'PUT /v1/roles/a?tenant=nowhere', { spec })).status).toBe(404);
    expect((await policy.ask('operator', 'GET /v1/roles?tenant=nowhere')).status).toBe(404);
    expect((await policy.ask('operator', 'GET /v1/revisions?tenant=nowhere')).status).toBe(404);
  });
});

describe('a decision', () => {
  it('is recorded exactly once under the id that the answer carries, allowed or denied', async () => {
    const answers = [
      await policy.ask('ada', 'GET /v1/roles'),
      await policy.apply('ada', role('recorded')),
      await policy.apply('ada', role('recorded')),
      await policy.apply('ada', 'kind: Nonsense'),
      await policy.apply('con', role('x')),
      await policy.apply('ada', role('x', 'globex')),
      await policy.apply(undefined, role('x')),
      await policy.ask('ada', 'GET /v1/roles/none'),
      await policy.ask('ada', 'DELETE /v1/roles/none'),
      await policy.ask('ada', 'GET /v1/roles?colour=red'),
      await policy.ask('ada', 'PUT /v1/provider-accounts/none/credential', { value: 'x' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 422, 403, 404, 401, 404, 404, 400, 404]);
    const outcomes = answers.map(({ headers }) =>
      policy.records
        .filter(({ decision_id }) => decision_id === headers['gatehouse-decision-id'])
        .map(({ outcome }) => outcome),
    );
    // Whoever may apply a bundle with a mistake was allowed to; it is the bundle that is refused.
    const expected = [200, 200, 200, 422].map(() => ['allow']);
    expect(outcomes).toEqual([...expected, ...answers.slice(expected.length).map(() => ['deny'])]);
  });

  it('is one for each request, also where somebody else’s revision came in between', async () => {
    const before = policy.records.length;
    const answers = await Promise.all(Array.from({ length: 4 }, (_, i) => policy.apply('ada', role(`between-${i}`))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(policy.records.length - before).toBe(4);
  });

  it('holds no address, no reason and no credential', () => {
    const text = JSON.stringify(policy.records);
    expect(text).not.toMatch(/@acme\.example|@globex\.example|upstream-secret/);
  });
});

it('is healthy and ready without a credential', async () => {
  expect((await policy.ask(undefined, 'GET /healthz')).status).toBe(200);
  expect((await policy.ask(undefined, 'GET /readyz')).status).toBe(200);
});
