import type { CredentialRecord, DecisionReason, KeyKind, PrincipalRecord } from '#libs/contracts';
import { credentialKey, principalKey, tenantKey } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import {
  acme,
  ada,
  adasKey,
  credentialOf,
  noPolicy,
  NOW_MS,
  peppers,
  type Applier,
} from '../identity/identity.fixture.js';
import { mintKeyText, mintRotatedText, type MintedKey } from '../keys/key-text.js';
import { Authenticator } from './authenticator.js';

const allKinds: readonly KeyKind[] = ['pat', 'vak', 'svc'];
const over = ({ view }: Applier, accepts = allKinds) =>
  new Authenticator({ identity: view, peppers, policy: noPolicy, accepts });
const iso = (ms: number) => new Date(ms).toISOString();

it('tells who presents a valid key, the same object each time', () => {
  const { applier, key } = adasKey({ restrictions: { models: ['local/*'] }, labels: { purpose: 'ci' } });
  const authenticator = over(applier);
  const who = authenticator.authenticate(key.text, NOW_MS);
  expect(who).toMatchObject({
    ok: true,
    tenantId: 'acme',
    principalId: 'user_ada',
    principalKind: 'user',
    operator: false,
    keyId: key.keyId,
    keyKind: 'pat',
    authMethod: 'api_key',
    principal: { id: 'user_ada', teams: ['research'], labels: { clearance: 'high' } },
    keyLabels: { purpose: 'ci' },
  });
  expect(who).toHaveProperty('restrictions');
  expect(authenticator.authenticate(key.text, NOW_MS)).toBe(who);
});

describe('refuses, with the reason kept inside,', () => {
  type Case = {
    credential?: Partial<CredentialRecord>;
    owner?: Partial<PrincipalRecord>;
    after?: (a: Applier) => void;
  };
  const crew = 'acme/crew';
  const owned = (after: (a: Applier) => void): Case => ({ owner: { ownerTeam: 'crew' }, after });
  const cases: [DecisionReason, string, Case][] = [
    ['key_revoked', 'a revoked key', { credential: { status: 'revoked' } }],
    ['key_suspended', 'a suspended key', { credential: { status: 'suspended' } }],
    ['key_expired', 'a key at the very moment that it expires', { credential: { expiresAt: iso(NOW_MS) } }],
    ['key_not_yet_valid', 'a key before its time', { credential: { notBefore: iso(NOW_MS + 1) } }],
    ['key_kind_not_accepted', 'a kind that is not accepted here', { credential: { kind: 'svc' } }],
    ['principal_suspended', 'a key whose owner is suspended', { owner: { status: 'suspended' } }],
    ['principal_missing', 'a key whose owner is deleted', { owner: { status: 'deleted' } }],
    ['principal_missing', 'a key whose owner is gone', { after: (a) => a.put(principalKey(ada.id), null) }],
    ['internal_error', 'a key whose owner cannot be read', { after: (a) => a.put(principalKey(ada.id), '?') }],
    ['principal_missing', 'a key whose owner is of another tenant', { owner: { tenantId: 'globex' } }],
    ['principal_epoch_mismatch', 'a key of another epoch of its owner', { owner: { epoch: 2 } }],
    [
      'tenant_suspended',
      'a key whose tenant is suspended',
      { after: (a) => a.tenant({ ...acme, status: 'suspended' }) },
    ],
    ['tenant_suspended', 'a key whose tenant is deleted', { after: (a) => a.tenant({ ...acme, status: 'deleted' }) }],
    ['tenant_suspended', 'a key whose tenant is gone', { after: (a) => a.put(tenantKey('acme'), null) }],
    ['tenant_suspended', 'a key whose tenant cannot be read', { after: (a) => a.put(tenantKey('acme'), '?') }],
    [
      'team_suspended',
      'a key of an account whose team is suspended',
      owned((a) => a.team({ id: crew, status: 'suspended' })),
    ],
    [
      'team_suspended',
      'a key of an account whose team is deleted',
      owned((a) => a.team({ id: crew, status: 'deleted' })),
    ],
    ['team_suspended', 'a key of an account whose team cannot be read', owned((a) => a.put(`team/${crew}`, '?'))],
    [
      'team_suspended',
      'a key of an account whose team has a record that was not read yet',
      owned((a) => a.view.set(`team/${crew}`, { offset: 1n, generation: 1, epoch: 1, position: 1 }, false)),
    ],
  ];
  it.each(cases)('%s: %s, seen before or not', (reason, _, { credential, owner, after }) => {
    const { applier, key } = adasKey();
    const warm = over(applier, ['pat', 'vak']);
    expect(warm.authenticate(key.text, NOW_MS).ok).toBe(true);
    if (credential) applier.credential(credentialOf(key, credential));
    if (owner) applier.principal({ ...ada, ...owner });
    after?.(applier);
    const expected = { ok: false, code: 'invalid_api_key', reason, tenantId: 'acme', keyId: key.keyId };
    expect(warm.authenticate(key.text, NOW_MS)).toMatchObject({ ...expected, principalId: ada.id });
    expect(over(applier, ['pat', 'vak']).authenticate(key.text, NOW_MS)).toMatchObject(expected);
  });

  it('key_malformed: what is no key, without any look-up', () => {
    const { applier, key } = adasKey();
    for (const text of ['', 'sk-123', `${key.text} `, `${key.text.slice(0, -1)}_`, 'gh_'.repeat(500)]) {
      expect(over(applier).authenticate(text, NOW_MS)).toMatchObject({
        reason: 'key_malformed',
        tenantId: '',
        keyId: '',
      });
    }
  });

  it('key_unknown: a well-formed key that nobody has, for no tenant', () => {
    const { applier } = adasKey();
    const other = mintKeyText('pat', 'p');
    const expected = { code: 'invalid_api_key', reason: 'key_unknown', tenantId: '', keyId: other.keyId };
    expect(over(applier).authenticate(other.text, NOW_MS)).toMatchObject(expected);
  });

  it('key_mac_mismatch: another secret, kind or environment for a known id, seen before or not', () => {
    const { applier, key } = adasKey();
    const authenticator = over(applier);
    authenticator.authenticate(key.text, NOW_MS);
    for (const [kind, env] of [
      ['pat', 'p'],
      ['svc', 'p'],
      ['pat', 'd'],
    ] as const) {
      const forged = mintRotatedText(kind, env, key.keyId);
      const expected = { code: 'invalid_api_key', reason: 'key_mac_mismatch', tenantId: 'acme', principalId: ada.id };
      expect(authenticator.authenticate(forged.text, NOW_MS)).toMatchObject(expected);
    }
    expect(authenticator.authenticate(key.text, NOW_MS).ok).toBe(true);
  });

  it('internal_error: a key whose record cannot be read, until it can', () => {
    const { applier, key } = adasKey();
    const authenticator = over(applier);
    applier.put(credentialKey(key.keyId), '{}');
    expect(authenticator.authenticate(key.text, NOW_MS)).toMatchObject({ reason: 'internal_error' });
    applier.credential(credentialOf(key));
    expect(authenticator.authenticate(key.text, NOW_MS).ok).toBe(true);
  });
});

it('lets the accounts of a team go on that was resumed, or never stopped, and those of teams of another name or tenant', () => {
  const { applier, key } = adasKey();
  applier.principal({ ...ada, ownerTeam: 'crew' });
  const authenticator = over(applier);
  const isLetIn = () => authenticator.authenticate(key.text, NOW_MS).ok;
  for (const id of ['acme/crew-2', 'globex/crew']) applier.team({ id, status: 'suspended' });
  expect(isLetIn()).toBe(true);
  applier.team({ id: 'acme/crew', status: 'suspended' });
  expect(isLetIn()).toBe(false);
  applier.team({ id: 'acme/crew', status: 'active' });
  expect(isLetIn()).toBe(true);
  applier.put('team/acme/crew', null);
  expect(isLetIn()).toBe(true);
});

it('holds a key that was seen before to its dates by the clock alone, with nothing from the bus', () => {
  const { applier, key } = adasKey({ notBefore: iso(NOW_MS), expiresAt: iso(NOW_MS + 1_000) });
  const authenticator = over(applier);
  const answer = (atMs: number) => authenticator.authenticate(key.text, atMs);
  expect([answer(NOW_MS).ok, answer(NOW_MS + 999).ok]).toEqual([true, true]);
  expect(answer(NOW_MS + 1_000)).toMatchObject({ ok: false, reason: 'key_expired' });
  expect(answer(NOW_MS - 1)).toMatchObject({ ok: false, reason: 'key_not_yet_valid' });
  expect(answer(NOW_MS + 999).ok).toBe(true);
});

describe('a rotated key', () => {
  const rotated = (until: number): { authenticator: Authenticator; former: MintedKey; current: MintedKey } => {
    const { applier, key: former } = adasKey();
    const authenticator = over(applier);
    authenticator.authenticate(former.text, NOW_MS);
    const current = mintRotatedText('pat', 'p', former.keyId);
    const secrets = [
      { mac: peppers.mac(current.text) ?? '', pepperVersion: 1, until: null },
      { mac: peppers.mac(former.text) ?? '', pepperVersion: 1, until: iso(until) },
    ];
    applier.credential(credentialOf(former, { secrets }));
    return { authenticator, former, current };
  };

  it('takes both secrets during the overlap, and the former one not a millisecond longer', () => {
    const { authenticator, former, current } = rotated(NOW_MS + 1_000);
    for (const atMs of [NOW_MS, NOW_MS + 999]) {
      expect(authenticator.authenticate(former.text, atMs).ok).toBe(true);
      expect(authenticator.authenticate(current.text, atMs).ok).toBe(true);
    }
    const superseded = { ok: false, code: 'invalid_api_key', reason: 'key_superseded' };
    expect(authenticator.authenticate(former.text, NOW_MS + 1_000)).toMatchObject(superseded);
    expect(authenticator.authenticate(current.text, NOW_MS + 1_000).ok).toBe(true);
  });

  it('refuses the former secret at once when there is no overlap', () => {
    const { authenticator, former } = rotated(NOW_MS);
    expect(authenticator.authenticate(former.text, NOW_MS)).toMatchObject({ reason: 'key_superseded' });
  });
});

it('follows its owner: new teams and labels are those of the next request', () => {
  const { applier, key } = adasKey();
  const authenticator = over(applier);
  authenticator.authenticate(key.text, NOW_MS);
  applier.principal({ ...ada, teams: ['ops'], labels: {} });
  expect(authenticator.authenticate(key.text, NOW_MS)).toMatchObject({ principal: { teams: ['ops'], labels: {} } });
});

it('makes an operator of nobody outside the platform’s tenant', () => {
  const { applier, key } = adasKey();
  applier.principal({ ...ada, operator: true });
  const who = over(applier).authenticate(key.text, NOW_MS);
  expect(who).toMatchObject({ ok: true, operator: false, principalKind: 'user' });
  expect(who).not.toHaveProperty('principal.operator', true);
});

it('knows more keys than it keeps callers ready for, and mixes none of them up', () => {
  const { applier } = adasKey();
  const authenticator = new Authenticator({
    identity: applier.view,
    peppers,
    policy: noPolicy,
    accepts: allKinds,
    callersMax: 10,
  });
  const keys = Array.from({ length: 50 }, () => mintKeyText('pat', 'p'));
  for (const key of keys) applier.credential(credentialOf(key));
  for (const { text, keyId } of [...keys, ...keys.toReversed()]) {
    expect(authenticator.authenticate(text, NOW_MS)).toMatchObject({ ok: true, keyId });
  }
});
