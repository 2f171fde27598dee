import { credentialKey, principalKey } from '#libs/contracts';
import { parsePosition } from '#libs/http';
import { waitFor } from '#libs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessFeed } from '../feed/access-feed.js';
import { peppers } from '../identity/identity.fixture.js';
import { mintKeyText, mintRotatedText } from '../keys/key-text.js';
import { keys, people, populated, recordOf, send, service } from './service.fixture.js';
import { effects } from './things.fixture.js';

let running: Awaited<ReturnType<typeof service>>;
beforeEach(async () => {
  running = await service();
  await populated(running);
  effects.length = 0;
});
afterEach(() => running.close());

const last = () => running.records.at(-1);

describe('a request without a valid credential', () => {
  it('is 401 missing_credentials when it has none', async () => {
    const answer = await send(running.app, undefined, 'GET /v1/things');
    expect(answer).toMatchObject({ status: 401, json: { code: 'missing_credentials' } });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(last()).toMatchObject({ outcome: 'deny', reason: 'credentials_missing', tenant_id: '', http_status: 401 });
  });

  it('is answered alike whatever is wrong with its key, to the byte', async () => {
    const revoked = mintKeyText('pat', 'p');
    const secrets = [{ mac: peppers.mac(revoked.text) ?? '', pepperVersion: 1, until: null }];
    const dead = recordOf('ada', { keyId: revoked.keyId, status: 'revoked', secrets });
    const position = await running.identity.write({ [credentialKey(revoked.keyId)]: dead });
    await running.app.get(AccessFeed).waitForPosition('identity', position, 1_000);
    const texts = [
      mintKeyText('pat', 'p').text,
      mintRotatedText('pat', 'p', keys.ada.keyId).text,
      revoked.text,
      'gh_patp_nonsense',
      'sk-something-else',
    ];
    const answers = await Promise.all(texts.map((text) => send(running.app, { text }, 'GET /v1/things')));
    const [first] = answers;
    expect(first).toMatchObject({ status: 401, json: { code: 'invalid_api_key' } });
    for (const { status, text } of answers) expect({ status, text }).toEqual({ status: 401, text: first?.text });
    const reasons = ['key_unknown', 'key_mac_mismatch', 'key_revoked', 'key_malformed', 'key_malformed'];
    expect(running.records.map(({ reason }) => reason).sort()).toEqual(reasons.sort());
  });

  it('is recorded for the tenant of a known key, and for nobody else', async () => {
    await send(running.app, { text: mintRotatedText('pat', 'p', keys.gil.keyId).text }, 'GET /v1/things');
    const known = { tenant_id: 'globex', principal_id: 'user_gil', key_id: keys.gil.keyId, principal_kind: '' };
    expect(last()).toMatchObject({ ...known, outcome: 'deny', code: 'invalid_api_key', reason: 'key_mac_mismatch' });
    await send(running.app, { text: mintKeyText('pat', 'p').text }, 'GET /v1/things');
    expect(last()).toMatchObject({ tenant_id: '', principal_id: '', reason: 'key_unknown' });
  });

  it('is 401 invalid_token for every JWT, of any size', async () => {
    const jwt = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.e30.`;
    for (const text of [jwt, `a.b.${'c'.repeat(9_000)}`, '..']) {
      const answer = await send(running.app, { text }, 'GET /v1/things');
      expect(answer).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
      expect(last()).toMatchObject({ reason: 'token_invalid' });
    }
  });

  it('is 400 ambiguous_credentials with two of them', async () => {
    const headers = { authorization: [`Bearer ${keys.ada.text}`, `Bearer ${keys.dev.text}`] };
    const answer = await send(running.app, undefined, 'GET /v1/things', { headers: headers as never });
    expect(answer).toMatchObject({ status: 400, json: { code: 'ambiguous_credentials' } });
    expect(last()).toMatchObject({ reason: 'credentials_ambiguous' });
  });
});

describe('a verified caller', () => {
  it('is let through when a role allows it, with one record before the effect, whose id is in the answer', async () => {
    const answer = await send(running.app, 'ada', 'POST /v1/things', { body: { name: 'first' } });
    expect(answer.status).toBe(201);
    expect(running.records).toHaveLength(1);
    expect(last()).toMatchObject({
      decision_id: answer.id,
      service: 'identity',
      tenant_id: 'acme',
      principal_kind: 'user',
      principal_id: 'user_ada',
      key_id: keys.ada.keyId,
      auth_method: 'api_key',
      operation: 'admin',
      http_method: 'POST',
      path: '/v1/things',
      action: 'key:create',
      resource_type: 'key',
      resource: 'new',
      outcome: 'allow',
      code: '',
      reason: 'granted',
      statements: ['admin/keys'],
      policy_revision: 1,
      http_status: 201,
      stale_ms: 0,
    });
    expect(last()?.attributes).toMatchObject({ 'principal.teams': 'research', 'resource.owner': 'user_ada' });
    expect(answer.headers['gatehouse-policy-revision']).toBe('1');
    expect(JSON.stringify(running.records)).not.toContain('shown once');
    expect(effects).toEqual(['created first']);
  });

  it('is 403 when no role does, without the effect', async () => {
    const answer = await send(running.app, 'vic', 'POST /v1/things', { body: { name: 'first' } });
    expect(answer).toMatchObject({ status: 403, json: { code: 'action_not_allowed' } });
    expect(last()).toMatchObject({
      decision_id: answer.id,
      outcome: 'deny',
      http_status: 403,
      code: 'action_not_allowed',
    });
    expect(last()).toMatchObject({ reason: 'no_matching_rule', principal_id: 'user_vic' });
    expect(effects).toEqual([]);
  });

  it('is 404 for another tenant’s thing, exactly as for one that does not exist', async () => {
    const foreign = await send(running.app, 'ada', 'GET /v1/things/foreign1');
    const missing = await send(running.app, 'ada', 'GET /v1/things/nothing1');
    expect(foreign).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(missing.text).toBe(foreign.text);
    expect(running.records.map(({ reason }) => reason)).toEqual(['other_tenant', 'resource_unknown']);
    expect(running.records.map(({ tenant_id: id }) => id)).toEqual(['acme', 'acme']);
  });

  it('is 404 when it names another tenant, whether or not that exists; an operator may', async () => {
    for (const tenant of ['globex', 'nowhere']) {
      expect(await send(running.app, 'ada', `GET /v1/things?tenant=${tenant}`)).toMatchObject({ status: 404 });
    }
    expect(await send(running.app, 'ada', 'GET /v1/things?tenant=acme')).toMatchObject({ status: 200 });
    const answer = await send(running.app, 'operator', 'GET /v1/things?tenant=globex');
    expect(answer).toMatchObject({ status: 200, json: ['foreign1'] });
    expect(last()).toMatchObject({ principal_kind: 'operator', tenant_id: 'platform', reason: 'operator' });
  });

  it('sees in a list what it may see, as one decision', async () => {
    expect(await send(running.app, 'ada', 'GET /v1/things')).toMatchObject({ json: ['key1', 'key2'] });
    expect(await send(running.app, 'dev', 'GET /v1/things')).toMatchObject({ json: ['key1'] });
    expect(running.records).toHaveLength(2);
    expect(last()).toMatchObject({ resource: '*', attributes: { 'list.items': '2', 'list.visible': '1' } });
    expect(await send(running.app, 'vic', 'GET /v1/things')).toMatchObject({ status: 403 });
  });

  it('may do several things only when it may do each, as one decision', async () => {
    expect(await send(running.app, 'ada', 'DELETE /v1/things/key1')).toMatchObject({ status: 200 });
    expect(await send(running.app, 'dev', 'DELETE /v1/things/key2')).toMatchObject({ status: 403 });
    expect(running.records.map(({ outcome }) => outcome)).toEqual(['allow', 'deny']);
  });

  it('is refused from the request after its key was revoked', async () => {
    expect(await send(running.app, 'ada', 'GET /v1/things')).toMatchObject({ status: 200 });
    const revoked = recordOf('ada', { status: 'revoked' });
    const position = await running.identity.write({ [credentialKey(keys.ada.keyId)]: revoked });
    await running.app.get(AccessFeed).waitForPosition('identity', position, 1_000);
    expect(await send(running.app, 'ada', 'GET /v1/things')).toMatchObject({ status: 401 });
    expect(last()).toMatchObject({ reason: 'key_revoked', tenant_id: 'acme' });
  });
});

describe('exactly one record is left by', () => {
  it('a path that does not exist, for nobody and without asking who came', async () => {
    const answer = await send(running.app, 'ada', 'GET /v1/nowhere');
    expect(answer.status).toBe(404);
    expect(running.records).toHaveLength(1);
    expect(last()).toMatchObject({ decision_id: answer.id, reason: 'route_unknown', code: 'not_found', tenant_id: '' });
  });

  it('a method that a path does not take', async () => {
    const answer = await send(running.app, 'ada', 'DELETE /v1/things');
    expect(answer.status).toBe(405);
    expect(running.records).toHaveLength(1);
    expect(last()).toMatchObject({ decision_id: answer.id, reason: 'method_unknown', code: 'method_not_allowed' });
  });

  it('a body that is not valid, for the caller', async () => {
    const answer = await send(running.app, 'ada', 'POST /v1/things', { body: { name: 'a name too long' } });
    expect(answer.status).toBe(400);
    expect(running.records).toHaveLength(1);
    expect(last()).toMatchObject({
      decision_id: answer.id,
      outcome: 'deny',
      code: 'invalid_request',
      http_status: 400,
    });
    expect(last()).toMatchObject({ reason: 'invalid_request', principal_id: 'user_ada', action: 'key:create' });
  });

  it('a body that is not JSON, for the caller although it was refused before the guard', async () => {
    const answer = await send(running.app, 'ada', 'POST /v1/things', { body: '{"name":' });
    expect(answer.status).toBe(400);
    expect(running.records).toHaveLength(1);
    expect(last()).toMatchObject({ decision_id: answer.id, code: 'invalid_json', principal_id: 'user_ada' });
  });

  it('a flawed request of nobody', async () => {
    const answer = await send(running.app, undefined, 'POST /v1/things', { body: '{"name":' });
    expect(answer.status).toBe(400);
    expect(running.records).toHaveLength(1);
    expect(last()).toMatchObject({ decision_id: answer.id, code: 'invalid_json', tenant_id: '' });
  });

  it('no health check', async () => {
    expect(await send(running.app, undefined, 'GET /healthz')).toMatchObject({ status: 200, id: undefined });
    expect(await send(running.app, undefined, 'GET /readyz')).toMatchObject({ status: 200, id: undefined });
    expect(running.records).toEqual([]);
  });

  it('a request whose path or agent quotes a key, without the key', async () => {
    const { text } = mintKeyText('pat', 'p');
    await send(running.app, 'ada', `GET /v1/things/${text}`, { headers: { 'user-agent': `curl ${text}` } });
    expect(running.records).toHaveLength(1);
    expect(JSON.stringify(running.records)).not.toContain(text.slice(21, 64));
  });
});

describe('reading one’s own writes', () => {
  const header = (text: string) => ({ headers: { 'gatehouse-min-position': text } });

  it('waits for the position that a write was answered with', async () => {
    const next = running.app.get(AccessFeed).positions().identity.position + 1;
    const asked = send(running.app, 'ada', 'GET /v1/things', header(`identity:${next}`));
    await running.identity.write({ [principalKey('user_new')]: people.dev });
    expect(await asked).toMatchObject({ status: 200 });
  });

  it('is 503 when the position does not come in time, and at once when it is far above', async () => {
    const next = running.app.get(AccessFeed).positions().identity.position + 100;
    for (const position of [next, 10 ** 12]) {
      const answer = await send(running.app, 'ada', 'GET /v1/things', header(`identity:${position}`));
      expect(answer).toMatchObject({ status: 503, json: { code: 'not_ready' } });
      expect(last()).toMatchObject({ reason: 'position_not_reached', principal_id: 'user_ada' });
    }
  });

  it('is 400 for what is no position, and 401 before that for whoever is not known', async () => {
    expect(parsePosition('clickhouse:1')).toBeDefined();
    for (const text of ['clickhouse:1', 'identity:-1', 'x']) {
      expect(await send(running.app, 'ada', 'GET /v1/things', header(text))).toMatchObject({ status: 400 });
    }
    expect(await send(running.app, undefined, 'GET /v1/things', header('x'))).toMatchObject({ status: 401 });
  });
});

it('counts its work in readiness', async () => {
  await waitFor(async () => (await send(running.app, undefined, 'GET /readyz')).status === 200);
  await running.bus.publish([running.policy.sealed('no form of ours', {})]);
  await waitFor(async () => (await send(running.app, undefined, 'GET /readyz')).status === 503);
  expect(await send(running.app, 'ada', 'GET /v1/things')).toMatchObject({ status: 503, json: { code: 'not_ready' } });
});
