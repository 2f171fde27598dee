import { EXCHANGE_CLIENT_ID, type DecisionReason, type PrincipalRecord } from '#libs/contracts';
import { clientKey, issuerKey, principalKey, revocationKey, tenantKey } from '#libs/contracts';
import { compile, type TenantSnapshot } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { acme, ada, credentialOf, NOW_MS, type Applier } from '../identity/identity.fixture.js';
import { mintKeyText } from '../keys/key-text.js';
import {
  answerTo,
  authenticatorOver,
  ci,
  client,
  externalIssuer,
  otherOwnKey,
  ownIssuer,
  ownToken,
  specKey,
  trusting,
} from './token.fixture.js';

const iso = (ms: number) => new Date(ms).toISOString();

describe('a token ends, seen before or not,', () => {
  const globex = { id: 'globex', status: 'active' } as const;
  type Change = [reason: DecisionReason, what: string, change: (applier: Applier) => void];
  const owner = (change: Partial<PrincipalRecord>) => (a: Applier) => a.principal({ ...ada, ...change });
  const changes: Change[] = [
    ['issuer_disabled', 'its issuer is disabled', (a) => a.issuer({ ...ownIssuer, status: 'disabled' })],
    ['issuer_disabled', 'its issuer is deleted', (a) => a.issuer({ ...ownIssuer, status: 'deleted' })],
    ['issuer_disabled', 'its issuer’s keys are too old', (a) => a.issuer({ ...ownIssuer, keysUntil: iso(NOW_MS) })],
    [
      'token_revoked',
      'all of its issuer’s are ended',
      (a) => a.issuer({ ...ownIssuer, notBefore: iso(NOW_MS - 60_000) }),
    ],
    ['client_disabled', 'its client is disabled', (a) => a.client({ ...client, status: 'disabled' })],
    ['client_disabled', 'its client is deleted', (a) => a.client({ ...client, status: 'deleted' })],
    ['client_disabled', 'its client is gone', (a) => a.put(clientKey(client.id), null)],
    ['client_disabled', 'its client cannot be read', (a) => a.put(clientKey(client.id), '?')],
    ['client_disabled', 'its client is another tenant’s', (a) => a.client({ ...client, tenantId: 'globex' })],
    [
      'client_disabled',
      'its client was disabled once, and enabled again',
      (a) => a.client({ ...client, notBefore: iso(NOW_MS - 59_500) }),
    ],
    ['token_revoked', 'it is revoked', (a) => a.revoke('token', 'token_1')],
    ['token_revoked', 'its grant is revoked', (a) => a.revoke('grant', 'grant_1')],
    ['token_revoked', 'its session is ended', (a) => a.revoke('session', 'session_1')],
    ['token_revoked', 'all that its principal has is revoked', (a) => a.revoke('principal', ada.id)],
    [
      'token_revoked',
      'it was issued in the very second of that',
      (a) => a.revoke('principal', ada.id, NOW_MS - 59_400),
    ],
    [
      'token_revoked',
      'a revocation of it has come that was not read yet',
      (a) => a.view.set(revocationKey('grant', 'grant_1'), { offset: 1n, generation: 1, epoch: 1, position: 1 }, false),
    ],
    ['token_revoked', 'a revocation of it cannot be read', (a) => a.put(revocationKey('grant', 'grant_1'), '?')],
    ['principal_suspended', 'its principal is suspended', owner({ status: 'suspended' })],
    ['principal_missing', 'its principal is deleted', owner({ status: 'deleted' })],
    ['principal_missing', 'its principal is gone', (a) => a.put(principalKey(ada.id), null)],
    ['principal_missing', 'its principal cannot be read', (a) => a.put(principalKey(ada.id), '?')],
    ['principal_epoch_mismatch', 'its principal’s epoch has passed', owner({ epoch: 2 })],
    [
      'token_invalid',
      'its principal is of another tenant',
      (a) => (a.tenant(globex), owner({ tenantId: 'globex' })(a)),
    ],
    [
      'team_suspended',
      'the team that owns its principal is suspended',
      (a) => (a.team({ id: 'acme/crew', status: 'suspended' }), owner({ ownerTeam: 'crew' })(a)),
    ],
    ['tenant_suspended', 'its tenant is suspended', (a) => a.tenant({ ...acme, status: 'suspended' })],
    ['tenant_suspended', 'its tenant is deleted', (a) => a.put(tenantKey('acme'), null)],
    ['tenant_suspended', 'its tenant cannot be read', (a) => a.put(tenantKey('acme'), '?')],
  ];
  it.each(changes)('%s: %s', async (reason, _, change) => {
    const applier = trusting();
    const warm = authenticatorOver(applier);
    const text = await ownToken();
    expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true });
    change(applier);
    const refused = { ok: false, code: 'invalid_token', reason };
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ ...refused, tenantId: 'acme' });
    expect(await authenticatorOver(applier).authenticate(text, NOW_MS)).toMatchObject(refused);
  });

  it('by the clock alone, with nothing from the bus: at its own end, and at that of its issuer’s keys', async () => {
    const applier = trusting();
    applier.issuer({ ...ownIssuer, keysUntil: iso(NOW_MS + 5_000) });
    const authenticator = authenticatorOver(applier);
    const [long, short] = [await ownToken(), await ownToken({ exp: NOW_MS / 1_000 + 3 })];
    const answers = (atMs: number) => [authenticator.authenticate(long, atMs), authenticator.authenticate(short, atMs)];
    await Promise.all(answers(NOW_MS));
    const good = { ok: true };
    expect(answers(NOW_MS + 2_999)).toMatchObject([good, good]);
    expect(answers(NOW_MS + 3_000)).toMatchObject([good, { reason: 'token_expired' }]);
    expect(answers(NOW_MS + 4_999)).toMatchObject([good, { reason: 'token_expired' }]);
    expect(answers(NOW_MS + 5_000)).toMatchObject([{ reason: 'issuer_disabled' }, { reason: 'issuer_disabled' }]);
  });

  it('token_invalid: its key is not its issuer’s any more', async () => {
    const applier = trusting();
    const warm = authenticatorOver(applier);
    const text = await ownToken();
    await warm.authenticate(text, NOW_MS);
    applier.issuer({ ...ownIssuer, keys: [otherOwnKey.record] });
    expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: false, reason: 'token_invalid' });
    applier.issuer({ ...ownIssuer, keys: [{ ...otherOwnKey.record, kid: 'own-1' }] });
    expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: false, reason: 'token_invalid' });
  });

  it('issuer_disabled: its issuer’s record cannot be read, and token_invalid for whoever never saw it', async () => {
    const applier = trusting();
    const warm = authenticatorOver(applier);
    const text = await ownToken();
    await warm.authenticate(text, NOW_MS);
    applier.put(issuerKey('gatehouse'), '?');
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ ok: false, reason: 'issuer_disabled' });
    expect(await authenticatorOver(applier).authenticate(text, NOW_MS)).toMatchObject({ reason: 'token_invalid' });
  });

  it('is not ended by what was revoked before it was issued, nor by an end of others', async () => {
    const applier = trusting();
    applier.revoke('principal', ada.id, NOW_MS - 61_000);
    applier.revoke('grant', 'grant_2');
    applier.client({ ...client, notBefore: iso(NOW_MS - 60_001) });
    expect(await answerTo(await ownToken(), applier)).toMatchObject({ ok: true });
  });

  it('goes on when its issuer’s record comes again with more keys or another date', async () => {
    const applier = trusting();
    const authenticator = authenticatorOver(applier);
    const text = await ownToken();
    await authenticator.authenticate(text, NOW_MS);
    applier.issuer({ ...ownIssuer, keysUntil: iso(NOW_MS + 1) });
    expect(authenticator.authenticate(text, NOW_MS)).toMatchObject({ ok: true });
    applier.issuer({ ...ownIssuer, keys: [...ownIssuer.keys, (await specKey('own-3')).record] });
    expect(await authenticator.authenticate(text, NOW_MS)).toMatchObject({ ok: true });
  });
});

describe('a token that was exchanged', () => {
  const key = mintKeyText('pat', 'p');
  const forKey = { client_id: EXCHANGE_CLIENT_ID, gh_key: key.keyId };
  const withKey = (change: object = {}) => {
    const applier = trusting();
    applier.credential(credentialOf(key, change));
    return applier;
  };

  it('for a key is narrowed as the key is, and as old', async () => {
    const applier = withKey({ restrictions: { models: ['local/*'] }, labels: { purpose: 'ci' } });
    const authenticator = authenticatorOver(applier);
    const text = await ownToken(forKey);
    const who = await authenticator.authenticate(text, NOW_MS);
    const issuedAtMs = Date.parse('2026-11-01T00:00:00.000Z');
    expect(who).toMatchObject({ ok: true, keyId: key.keyId, keyLabels: { purpose: 'ci' }, issuedAtMs });
    expect(who).toHaveProperty('restrictions.models.0.source', 'local/*');
    applier.credential(credentialOf(key, { restrictions: { models: ['main/*'] } }));
    expect(authenticator.authenticate(text, NOW_MS)).toHaveProperty('restrictions.models.0.source', 'main/*');
  });

  const faults: [DecisionReason, object][] = [
    ['key_revoked', { status: 'revoked' }],
    ['key_suspended', { status: 'suspended' }],
    ['key_expired', { expiresAt: iso(NOW_MS) }],
    ['key_not_yet_valid', { notBefore: iso(NOW_MS + 1) }],
    ['key_kind_not_accepted', { kind: 'svc' }],
    ['principal_epoch_mismatch', { ownerEpoch: 2 }],
    ['token_invalid', { ownerId: 'va_ci' }],
  ];
  it.each(faults)('for a key ends with it: %s', async (reason, change) => {
    const applier = withKey();
    const warm = authenticatorOver(applier);
    const text = await ownToken(forKey);
    expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true });
    applier.credential(credentialOf(key, change));
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ ok: false, reason, keyId: key.keyId });
    expect(await answerTo(text, applier)).toMatchObject({ ok: false, reason });
  });

  it('for a key ends when that key’s policy ends it, however young the token is', async () => {
    const applier = withKey();
    const snapshot = policyOf({ when: {}, maxAgeSeconds: 86_400 });
    const state: { snapshot: TenantSnapshot | undefined } = { snapshot: undefined };
    const warm = authenticatorOver(applier, { policy: { snapshot: () => state.snapshot } });
    const text = await ownToken(forKey);
    expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true });
    state.snapshot = snapshot;
    const appliedRules = ['key-policy/keys/rules/0'];
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ ok: false, reason: 'key_expired', appliedRules });
    applier.credential(credentialOf(key, { rotatedAt: iso(NOW_MS - 1_000) }));
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true });
    expect(warm.authenticate(text, NOW_MS)).not.toHaveProperty('appliedRules');
  });

  it('for a key whose rotation is overdue names the rule that says so, as the key itself does, and goes on', async () => {
    const applier = withKey();
    const rule = { when: {}, rotateEverySeconds: 86_400, rotationOverdue: 'warn' };
    const state = { snapshot: policyOf(rule) };
    const warm = authenticatorOver(applier, { policy: { snapshot: () => state.snapshot } });
    const text = await ownToken(forKey);
    const [first, again] = [await warm.authenticate(text, NOW_MS), warm.authenticate(text, NOW_MS + 1)];
    expect(first).toMatchObject({ ok: true, keyId: key.keyId, appliedRules: ['key-policy/keys/rules/0'] });
    expect(again).toBe(first);
    state.snapshot = policyOf({ ...rule, rotationOverdue: 'refuse' });
    const refused = { ok: false, reason: 'rotation_overdue', appliedRules: ['key-policy/keys/rules/0'] };
    expect(warm.authenticate(text, NOW_MS)).toMatchObject(refused);
  });

  it('for a key that nobody knows is refused', async () => {
    expect(await answerTo(await ownToken(forKey))).toMatchObject({ reason: 'key_unknown' });
  });

  it('for an external token ends with that issuer, and has the teams that it still adds', async () => {
    const applier = trusting();
    const warm = authenticatorOver(applier);
    const claims = { client_id: EXCHANGE_CLIENT_ID, sub: ci.id, gh_issuer: externalIssuer.id };
    const text = await ownToken({ ...claims, gh_teams: ['builders', 'admins'] });
    const who = await warm.authenticate(text, NOW_MS);
    expect(who).toMatchObject({ ok: true, principal: { teams: ['builders', 'machines'] } });
    applier.issuer({ ...externalIssuer, mappings: [] });
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true, principal: { teams: ['machines'] } });
    applier.issuer({ ...externalIssuer, notBefore: iso(NOW_MS - 60_000) });
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ reason: 'token_revoked' });
    applier.issuer({ ...externalIssuer, status: 'disabled' });
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ reason: 'issuer_disabled' });
    applier.issuer({ ...externalIssuer, tenantId: 'globex' });
    expect(warm.authenticate(text, NOW_MS)).toMatchObject({ reason: 'issuer_disabled' });
  });

  it('for nothing is refused to the client that everybody may use', async () => {
    expect(await answerTo(await ownToken({ client_id: EXCHANGE_CLIENT_ID }))).toMatchObject({
      reason: 'token_invalid',
    });
  });
});

it('of a client’s own is for the virtual account that the client is bound to, as long as it is', async () => {
  const applier = trusting();
  applier.client({ ...client, virtualAccountId: ci.id });
  const warm = authenticatorOver(applier);
  const text = await ownToken({ sub: ci.id });
  expect(await warm.authenticate(text, NOW_MS)).toMatchObject({ ok: true, principalId: ci.id });
  applier.client({ ...client, virtualAccountId: 'va_other' });
  expect(warm.authenticate(text, NOW_MS)).toMatchObject({ reason: 'client_disabled' });
});

function policyOf(rule: object): TenantSnapshot {
  const metadata = { name: 'keys', tenant: 'acme' };
  const spec = { rules: [rule] };
  const documents = [readDocument({ apiVersion: 'gatehouse/v1', kind: 'KeyPolicy', metadata, spec })];
  return compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 });
}
