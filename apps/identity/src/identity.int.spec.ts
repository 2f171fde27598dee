import { undescribedRoutes } from '#libs/openapi';
import { Validator } from '@seriousme/openapi-schema-validator';
import { crossTenantFindings, OAUTH_PATHS, unconditionalWrites, undeclaredRoutes } from '#libs/access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from './identity.fixture.js';

const identity = new Identity();
const names = [
  'guest@globex.example',
  'gil@globex.example',
  'Globex Corporation',
  'globex-etl',
  'globex-crew',
  'globex key',
  'globex client',
  'globex-idp',
];
let ada: Awaited<ReturnType<Identity['person']>>;
const ids: Record<string, string[]> = {};
/** Valid bodies, so that it is the tenant that is refused and not the text. */
const bodies = (user: string) => ({
  'POST /v1/sessions/:sessionId/revoke': {},
  'POST /v1/consents/:consentId/withdraw': {},
  'POST /v1/tenants': { name: 'initech' },
  'POST /v1/users': { email: 'new@globex.example', tenant: 'globex' },
  'POST /v1/invitations': { email: 'new@globex.example', tenant: 'globex' },
  'PATCH /v1/users/:userId': { labels: {} },
  'POST /v1/users/:userId/suspend': {},
  'POST /v1/users/:userId/resume': {},
  'POST /v1/users/:userId/deactivate': {},
  'POST /v1/users/:userId/erase': {},
  'POST /v1/teams': { name: 'new', tenant: 'globex' },
  'POST /v1/teams/:teamId/members': { member: `user:${user}` },
  'POST /v1/teams/:teamId/managers': { manager: `user:${user}` },
  'POST /v1/virtual-accounts': { name: 'new', tenant: 'globex' },
  'PATCH /v1/virtual-accounts/:accountId': { labels: {} },
  'POST /v1/virtual-accounts/:accountId/suspend': {},
  'POST /v1/virtual-accounts/:accountId/resume': {},
  'POST /v1/api-keys': { name: 'mine', owner: `user:${user}` },
  'POST /v1/api-keys/:keyId/rotate': {},
  'POST /v1/api-keys/:keyId/revoke': {},
  'POST /v1/api-keys/:keyId/suspend': {},
  'POST /v1/api-keys/:keyId/resume': {},
  'POST /v1/oauth-clients': {
    name: 'mine',
    grant_types: ['client_credentials'],
    scopes: ['model:invoke'],
    virtual_account: 'globex-etl',
    tenant: 'globex',
  },
  'PATCH /v1/oauth-clients/:clientId': { name: 'mine' },
  'POST /v1/oauth-clients/:clientId/rotate-secret': {},
  'POST /v1/oauth-clients/:clientId/disable': {},
  'POST /v1/oauth-clients/:clientId/enable': {},
  'POST /v1/issuers': {
    name: 'mine',
    issuer: 'https://idp.example',
    audiences: ['mine'],
    mappings: [{ match: { sub: 'me' }, as: { virtual_account: 'globex-etl' } }],
    tenant: 'globex',
  },
  'PATCH /v1/issuers/:issuerId': { audiences: ['mine'] },
  'POST /v1/issuers/:issuerId/refresh': {},
  'POST /v1/issuers/:issuerId/disable': {},
  'POST /v1/issuers/:issuerId/enable': {},
  'POST /v1/users/:userId/revoke-tokens': {},
  'POST /v1/virtual-accounts/:accountId/revoke-tokens': {},
  'PATCH /v1/tenants/:tenantId': { labels: {} },
  'POST /v1/tenants/:tenantId/suspend': {},
  'POST /v1/tenants/:tenantId/resume': {},
});

beforeAll(async () => {
  await identity.open();
  const { operator } = identity;
  await identity.ask(operator, 'POST /v1/tenants', { name: 'acme' });
  await identity.ask(operator, 'POST /v1/tenants', { name: 'globex', display_name: 'Globex Corporation' });
  ada = await identity.person('acme', 'ada@acme.example', 'admin');
  const gil = await identity.person('globex', 'gil@globex.example', 'admin');
  const team = await identity.ask(gil.key, 'POST /v1/teams', { name: 'globex-crew' });
  const account = await identity.ask(gil.key, 'POST /v1/virtual-accounts', { name: 'globex-etl' });
  await identity.ask(gil.key, `POST /v1/teams/${team.body.id}/members`, { member: `user:${gil.id}` });
  const invitation = await identity.ask(gil.key, 'POST /v1/invitations', { email: 'guest@globex.example' });
  const owner = 'virtual-account:globex-etl';
  const key = await identity.ask(gil.key, 'POST /v1/api-keys', { name: 'globex key', owner });
  const dead = await identity.ask(gil.key, 'POST /v1/api-keys', { name: 'globex key', owner });
  await identity.ask(gil.key, `POST /v1/api-keys/${dead.body.id}/revoke`, {});
  const about = { grant_types: ['client_credentials'], scopes: ['model:invoke'], virtual_account: 'globex-etl' };
  const client = await identity.ask(gil.key, 'POST /v1/oauth-clients', { name: 'globex client', ...about });
  const issuer = await identity.ask(gil.key, 'POST /v1/issuers', {
    name: 'globex-idp',
    issuer: 'https://idp.example',
    audiences: ['globex-audience'],
    mappings: [{ match: { sub: 'gil' }, as: { virtual_account: 'globex-etl' } }],
  });
  await identity.ask(gil.key, `POST /v1/users/${gil.id}/revoke-tokens`, {});
  Object.assign(ids, {
    tenantId: ['globex', 'nowhere'],
    userId: [gil.id, 'user_nobody'],
    invitationId: [invitation.body.id, 'invitation_nobody'],
    teamId: [team.body.id],
    principalId: [gil.id, ada.id],
    accountId: [account.body.id],
    clientId: [client.body.id],
    issuerId: [issuer.body.id, 'gatehouse'],
    // Sessions and consents of the other tenant are in the specs of the OAuth server.
    sessionId: ['session_of_nobody'],
    consentId: ['consent_of_nobody'],
    keyId: [key.body.id, gil.keyId, dead.body.id],
    revokedId: [dead.body.id, gil.id],
  });
});
afterAll(() => identity.close());

describe('every route of identity', () => {
  it('declares what it requires', () => {
    expect(undeclaredRoutes(identity.app, OAUTH_PATHS)).toEqual([]);
  });

  it('says what it answers, in a document that is valid and kept in docs/reference/openapi', async () => {
    expect(undescribedRoutes(identity.app)).toEqual([]);
    const { statusCode, body } = await identity.app.inject('/openapi.json');
    expect(statusCode).toBe(200);
    expect((await new Validator().validate(JSON.parse(body))).errors ?? []).toEqual([]);
    expect(body).not.toMatch(/gh_(?:pat|vak|svc)[pdstx]_/);
    await expect(`${JSON.stringify(JSON.parse(body), undefined, 2)}\n`).toMatchFileSnapshot(
      '../../../docs/reference/openapi/identity.json',
    );
  });

  it('that changes or deletes what has a version takes If-Match', () => {
    const versionless = [
      // Members and managers have no version of their own, and taking two out at once is fine.
      'DELETE /v1/teams/:teamId/members/:principalId',
      'DELETE /v1/teams/:teamId/managers/:principalId',
      // The present password is the precondition.
      'PUT /v1/me/password',
    ];
    expect(unconditionalWrites(identity.app, versionless)).toEqual([]);
  });

  it('answers 404 for what is another tenant’s, with the same text as for what does not exist', async () => {
    const headers = { 'if-match': '*' };
    const foreign = { tenantId: 'globex', ids, names, headers, bodies: bodies(ids['userId']?.[0] ?? '') };
    expect(await crossTenantFindings(identity.app, ada.key, foreign)).toEqual([]);
    const missing = await identity.ask(ada.key, 'GET /v1/api-keys/000000000000');
    for (const keyId of ids['keyId'] ?? []) {
      const theirs = await identity.ask(ada.key, `GET /v1/api-keys/${keyId}`);
      expect({ ...theirs.body, instance: '' }).toEqual({ ...missing.body, instance: '' });
    }
  });

  it('leaves another tenant as it was after all of that', async () => {
    const { body } = await identity.ask(identity.operator, 'GET /v1/api-keys?tenant=globex');
    expect(body.data.map(({ status }: { status: string }) => status)).toEqual(['active', 'active', 'revoked']);
  });
});

describe('a decision', () => {
  it('is recorded exactly once under the id that the answer carries, allowed or denied', async () => {
    const answers = [
      await identity.ask(ada.key, 'GET /v1/users'),
      await identity.ask(ada.key, 'POST /v1/users', { email: 'x@acme.example' }),
      await identity.ask(ada.key, 'POST /v1/users', { email: 'not an address' }),
      await identity.ask(ada.key, 'GET /v1/users/user_nobody'),
      await identity.ask(ada.key, 'GET /v1/users?tenant=globex'),
      await identity.ask(ada.key, 'POST /v1/tenants', { name: 'initech' }),
      await identity.ask(undefined, 'GET /v1/users'),
      await identity.ask(`${ada.key.slice(0, -1)}_`, 'GET /v1/users'),
      await identity.ask(ada.key, 'GET /v1/nothing'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 400, 404, 404, 403, 401, 401, 404]);
    const found = answers.map(({ headers }) =>
      identity.records.filter(({ decision_id }) => decision_id === headers['gatehouse-decision-id']),
    );
    expect(found.map((records) => records.map(({ outcome, http_status }) => `${outcome} ${http_status}`))).toEqual([
      ['allow 200'],
      ['allow 201'],
      ['deny 400'],
      ['deny 404'],
      ['deny 404'],
      ['deny 403'],
      ['deny 401'],
      ['deny 401'],
      ['deny 404'],
    ]);
  });

  it('was never recorded twice in all that this spec did', () => {
    const ids = identity.records.map(({ decision_id }) => decision_id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('holds nobody’s address and no key', () => {
    const text = JSON.stringify(identity.records);
    expect(text).not.toMatch(/@acme\.example|@globex\.example/);
    expect(text).not.toContain(ada.key);
  });
});

it('is healthy and ready without a credential', async () => {
  expect((await identity.ask(undefined, 'GET /healthz')).status).toBe(200);
  expect((await identity.ask(undefined, 'GET /readyz')).status).toBe(200);
});
