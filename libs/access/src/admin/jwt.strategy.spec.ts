import { clientKey, issuerKey, revocationKey } from '#libs/contracts';
import { SystemClock } from '#libs/telemetry';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ada, NOW_MS } from '../identity/identity.fixture.js';
import { IdentityView } from '../identity/identity-view.js';
import { hostileTokens } from '../tokens/hostile-tokens.fixture.js';
import {
  client,
  externalIssuer,
  externalToken,
  otherOwnKey,
  ownIssuer,
  ownToken,
  RESOURCE,
  specKey,
} from '../tokens/token.fixture.js';
import { populated, send, service } from './service.fixture.js';
import { ThingsController } from './things.fixture.js';

const theirKey = await specKey('theirs-2', 'EdDSA');
const clock = new SystemClock((NOW_MS - Date.now()) / 1_000);
const reading = { scope: 'key:read' };
let running: Awaited<ReturnType<typeof service>>;
beforeAll(async () => {
  running = await service([ThingsController], { clock, publicUrl: RESOURCE });
  await running.identity.write({
    [issuerKey(ownIssuer.id)]: ownIssuer,
    [issuerKey(externalIssuer.id)]: { ...externalIssuer, keys: [...externalIssuer.keys, theirKey.record] },
    [clientKey(client.id)]: client,
  });
  await populated(running);
});
afterAll(() => running.close());
const ask = (text: string) => send(running.app, { text }, 'GET /v1/things/key1');

describe('an administrative API', () => {
  it('takes a token for whom it names, and records which one it was', async () => {
    expect(await ask(await ownToken(reading))).toMatchObject({ status: 200 });
    expect(running.records.at(-1)).toMatchObject({
      auth_method: 'jwt',
      principal_id: ada.id,
      key_id: '',
      outcome: 'allow',
      attributes: {
        'credential.kind': 'token',
        'credential.scope': 'key:read',
        'credential.issuer': 'gatehouse',
        'credential.token': 'token_1',
        'credential.client': client.id,
      },
    });
  });

  it('takes it under each algorithm that an issuer may have', async () => {
    expect(await ask(await ownToken(reading, { key: otherOwnKey }))).toMatchObject({ status: 200 });
    const claims = { sub: 'x', email: ada.email, email_verified: true };
    expect(await ask(await externalToken(claims))).toMatchObject({ status: 200 });
    expect(await ask(await externalToken(claims, { key: theirKey }))).toMatchObject({ status: 200 });
    const [header, payload] = (await externalToken(claims, { key: theirKey })).split('.');
    expect(await ask(`${header}.${payload}.${'A'.repeat(86)}`)).toMatchObject({ status: 401 });
  });

  it('allows no more than its scope, and says which one is needed', async () => {
    const answer = await ask(await ownToken({ scope: 'model:invoke' }));
    expect(answer).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope", scope="key:read"');
    expect(running.records.at(-1)).toMatchObject({ reason: 'insufficient_scope', principal_id: ada.id });
  });

  it('refuses it from the moment that it is revoked, and records whose it was', async () => {
    const text = await ownToken({ ...reading, jti: 'token_9' });
    expect(await ask(text)).toMatchObject({ status: 200 });
    const [at, until] = [NOW_MS, NOW_MS + 3_600_000].map((ms) => new Date(ms).toISOString());
    const revocation = { kind: 'token', id: 'token_9', tenantId: 'acme', at, until };
    await running.identity.write({ [revocationKey('token', 'token_9')]: revocation });
    const { revocations } = running.app.get(IdentityView);
    await waitFor(() => revocations.ends('token/token_9', NOW_MS), { what: 'the revocation' });
    const answer = await ask(text);
    expect(answer).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer resource_metadata="${RESOURCE}/.well-known/oauth-protected-resource", error="invalid_token"`,
    );
    expect(running.records.at(-1)).toMatchObject({
      reason: 'token_revoked',
      auth_method: 'jwt',
      tenant_id: 'acme',
      principal_id: ada.id,
      attributes: { 'credential.token': 'token_9' },
    });
  });
});

describe('an administrative API is not to be had by', () => {
  // What HTTP cannot carry in a header never reaches a guard.
  const sendable = hostileTokens.filter(([what]) => !/JSON serialisation|blank|two tokens/.test(what));
  it.each(sendable)('%s', async (_, make) => {
    const text = await make('http://127.0.0.1:9');
    // The gateway's token is for this service here, so only another audience of the same name differs.
    expect(await ask(text)).toMatchObject({ status: 401, json: { code: 'invalid_token' } });
    expect(JSON.stringify(running.records.at(-1))).not.toContain(text.slice(0, 40));
    expect(running.records.at(-1)).toMatchObject({ outcome: 'deny', code: 'invalid_token' });
  });
});
