import { decodeJwt } from 'jose';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFRESH_GRACE_SECONDS } from './artifacts/artifact-table.js';
import { refresh, tokensFor, type Client } from './code-flow.fixture.js';
import { OAuthWorld } from './oauth.fixture.js';

const world = new OAuthWorld();
let client: Client;
const grace = (REFRESH_GRACE_SECONDS + 1) * 1000;
const again = (token: string, more = {}) => refresh(world, client, token, more);
const introspect = async (token: string) => (await world.post('/oauth2/introspect', { token }, client)).body.active;

beforeAll(async () => {
  await world.open();
  client = await world.codeClient();
});
afterAll(() => world.close());

describe('50 refreshes at once', () => {
  it('make one successor, which every one of them is told', async () => {
    const { refresh_token: first } = await tokensFor(world, client);
    const answers = await Promise.all(Array.from({ length: 50 }, () => again(first)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    const successors = new Set(answers.map(({ body }) => body.refresh_token));
    expect(successors.size).toBe(1);
    expect(successors).not.toContain(first);
    const live = await world.identity.rows(
      `select 1 from oauth_artifacts_v1 where kind = 'RefreshToken' and consumed_at is null and grant_id =
         '${decodeJwt(answers[0]?.body.access_token)['gh_grant']}'`,
    );
    expect(live).toHaveLength(1);
  });
});

describe('a refresh token that comes again', () => {
  it('within the grace is answered with the same successor, as long as that was not used', async () => {
    const { refresh_token: first } = await tokensFor(world, client);
    const [one, two] = [await again(first), await again(first)];
    expect(two.body.refresh_token).toBe(one.body.refresh_token);
    expect((await again(one.body.refresh_token)).status).toBe(200);
    const late = await again(first);
    expect([late.status, late.body.error]).toEqual([400, 'invalid_grant']);
  });

  it('after the grace ends the whole family and its access tokens, and is a decision', async () => {
    const { refresh_token: first, access_token } = await tokensFor(world, client);
    const { body } = await again(first);
    await waitFor(async () => (await introspect(access_token)) === true);
    world.identity.clock.shiftMs += grace;
    const stolen = await again(first);
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    expect((await again(body.refresh_token)).status).toBe(400);
    await waitFor(async () => (await introspect(access_token)) === false);
    await waitFor(async () => (await introspect(body.access_token)) === false);
    const record = world.identity.records.find(
      ({ decision_id }) => decision_id === stolen.headers['gatehouse-decision-id'],
    );
    expect(record).toMatchObject({
      outcome: 'deny',
      reason: 'oauth_reuse',
      tenant_id: 'acme',
      principal_id: world.people.ada.id,
      resource: client.id,
    });
  });
});

describe('a refresh token', () => {
  it('of another client is refused, and goes on for its own', async () => {
    const { refresh_token: token } = await tokensFor(world, client);
    const other = await world.codeClient();
    expect((await refresh(world, other, token)).body.error).toBe('invalid_grant');
    expect((await again(token)).status).toBe(200);
  });

  it('gives no scope that was not granted, and one that narrows narrows', async () => {
    const { refresh_token: token } = await tokensFor(world, client, { ticked: ['offline_access', 'model:list'] });
    for (const scope of ['model:invoke', 'model:list key:create', '*', 'model:*']) {
      const { status, body } = await again(token, { scope });
      expect(status === 400 || !String(body.scope).match(/invoke|key|\*/)).toBe(true);
    }
    const fresh = await tokensFor(world, client);
    const narrow = await again(fresh.refresh_token, { scope: 'model:list' });
    expect(decodeJwt(narrow.body.access_token)['scope']).toBe('model:list');
  });

  it('is worth nothing once its user is suspended', async () => {
    const sue = await world.identity.person('acme', 'sue@acme.example');
    await world.identity.ask(sue.key, 'PUT /v1/me/password', { new_password: world.password });
    const { refresh_token: token } = await tokensFor(world, client, { email: 'sue@acme.example' });
    await world.ada(`POST /v1/users/${sue.id}/suspend`, {});
    expect((await again(token)).body.error).toBe('invalid_grant');
  });

  it('is worth nothing once its client is disabled', async () => {
    const own = await world.codeClient();
    const { refresh_token: token } = await tokensFor(world, own);
    await world.ada(`POST /v1/oauth-clients/${own.id}/disable`, {});
    expect((await refresh(world, own, token)).body.error).toBe('invalid_client');
  });

  it('ends with its session, and with everything that its user has', async () => {
    const one = await tokensFor(world, client);
    const session = decodeJwt(one.access_token)['gh_session'];
    const { status, body } = await world.ada(`POST /v1/sessions/${session}/revoke`);
    expect([status, body.status, body.propagation]).toEqual([200, 'revoked', 'published']);
    expect((await again(one.refresh_token)).body.error).toBe('invalid_grant');
    const two = await tokensFor(world, client, { email: 'con@acme.example' });
    await world.ada(`POST /v1/users/${world.people.con.id}/revoke-tokens`, {});
    expect((await again(two.refresh_token)).body.error).toBe('invalid_grant');
  });
});

describe('a consent', () => {
  it('is listed for whoever gave it, and withdrawn in the middle of life', async () => {
    const { refresh_token: token, access_token } = await tokensFor(world, client);
    const { data } = (await world.ada('GET /v1/consents')).body;
    const id = decodeJwt(access_token)['gh_grant'];
    const shown = data.find((consent: { id: string }) => consent.id === id);
    expect(shown).toMatchObject({ client: client.id, user: world.people.ada.id, status: 'active' });
    expect(shown.resources).toEqual([{ resource: world.gateway, scopes: ['model:invoke', 'model:list'] }]);
    await waitFor(async () => (await introspect(access_token)) === true);
    const { status, body } = await world.ada(`POST /v1/consents/${id}/withdraw`);
    expect([status, body.status, body.propagation]).toEqual([200, 'withdrawn', 'published']);
    expect((await again(token)).body.error).toBe('invalid_grant');
    await waitFor(async () => (await introspect(access_token)) === false);
    expect((await world.ada(`POST /v1/consents/${id}/withdraw`)).status).toBe(404);
  });

  it('of somebody else, or of another tenant, is 403 and 404', async () => {
    const id = decodeJwt((await tokensFor(world, client)).access_token)['gh_grant'];
    const { con, gil } = world.people;
    expect((await world.identity.ask(con.key, `POST /v1/consents/${id}/withdraw`)).status).toBe(403);
    expect((await world.identity.ask(gil.key, `POST /v1/consents/${id}/withdraw`)).status).toBe(404);
    expect((await world.identity.ask(con.key, `GET /v1/consents?user=${world.people.ada.id}`)).status).toBe(403);
    for (const path of ['consents', 'sessions']) {
      const { status, body } = await world.identity.ask(con.key, `GET /v1/${path}`);
      expect([status, body.data.every(({ user }: { user: string }) => user === con.id)]).toEqual([200, true]);
    }
  });
});

describe('a process that dies between the end of a grant and everything else', () => {
  it('leaves no token of it alive: what its rows say does not matter any more', async () => {
    const { refresh_token: token, access_token } = await tokensFor(world, client);
    const id = String(decodeJwt(access_token)['gh_grant']);
    // What stands in PostgreSQL when the transaction has committed and nothing after it has run.
    const rows = `select * from oauth_artifacts_v1 where grant_id = '${id}'`;
    const tables = { oauth_artifacts_v1: rows, oauth_grants_v1: `select * from oauth_grants_v1 where id = '${id}'` };
    const kept = await Promise.all(Object.values(tables).map((select) => world.identity.rows(select)));
    await world.ada(`POST /v1/consents/${id}/withdraw`);
    const { em, projections } = world.identity.store;
    for (const [index, table] of Object.keys(tables).entries()) {
      const insert = `insert into ${table} select * from jsonb_populate_recordset(null::${table}, ?::jsonb)`;
      await em.fork().execute(insert, [JSON.stringify(kept[index])]);
    }
    expect(await world.identity.rows(rows)).not.toEqual([]);
    expect((await again(token)).body.error).toBe('invalid_grant');
    // And the read model takes them away when it comes to it.
    await em.fork().execute('update projections set position = 0 where name = ?', ['oauth_ended_tokens_v1']);
    await projections.catchUp();
    expect(await world.identity.rows(rows)).toEqual([]);
  });
});
