import type { CredentialRecord } from '#libs/contracts';
import { compile, type TenantSnapshot } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { Applier, ada, adasKey, credentialOf, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { IdentityView } from '../identity/identity-view.js';
import { Authenticator } from './authenticator.js';

const DAY_MS = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();
const policyOf = (...rules: object[]) => {
  const metadata = { name: 'keys', tenant: 'acme' };
  const document = readDocument({ apiVersion: 'gatehouse/v1', kind: 'KeyPolicy', metadata, spec: { rules } });
  const empty = { platformDocuments: [], policyRevision: 1, platformRevision: 0 };
  return compile({ tenant: 'acme', documents: [document], ...empty });
};
const days = (count: number) => count * 86_400;

/** Ada's key under a policy that the spec may exchange. */
function world(first: TenantSnapshot | undefined, change: Partial<CredentialRecord> = {}) {
  const { applier, key } = adasKey({ issuedAt: iso(NOW_MS), ...change });
  const state = { policy: first };
  const over = (identity: IdentityView) =>
    new Authenticator({ identity, peppers, policy: { snapshot: () => state.policy }, accepts: ['pat'] });
  const authenticator = over(applier.view);
  const outcome = (afterMs: number, of = authenticator) => {
    const answer = of.authenticate(key.text, NOW_MS + afterMs);
    return answer.ok ? (answer.appliedRules ?? 'accepted') : [answer.reason, ...(answer.appliedRules ?? [])];
  };
  return { applier, key, state, over, authenticator, outcome };
}

describe('the longest life of a text', () => {
  it('ends to the millisecond, whatever the key’s own expiry says, and is an expiry to whoever asks', () => {
    const { outcome, authenticator, key } = world(policyOf({ when: {}, maxAgeSeconds: days(30) }));
    expect(outcome(30 * DAY_MS - 1)).toBe('accepted');
    expect(outcome(30 * DAY_MS)).toEqual(['key_expired', 'key-policy/keys/rules/0']);
    const refused = authenticator.authenticate(key.text, NOW_MS + 30 * DAY_MS);
    expect(refused).toMatchObject({ ok: false, code: 'invalid_api_key', tenantId: 'acme', keyId: key.keyId });
  });

  it('is counted from the last rotation', () => {
    const rotatedAt = iso(NOW_MS + 20 * DAY_MS);
    const { outcome } = world(policyOf({ when: {}, maxAgeSeconds: days(30) }), { rotatedAt });
    expect([outcome(49 * DAY_MS), outcome(50 * DAY_MS)]).toEqual(['accepted', expect.arrayContaining(['key_expired'])]);
  });

  it('holds for keys that were there before the policy, from the moment that it is in force', () => {
    const { outcome, state } = world(undefined);
    expect(outcome(40 * DAY_MS)).toBe('accepted');
    state.policy = policyOf({ when: {}, maxAgeSeconds: days(30) });
    expect(outcome(40 * DAY_MS)).toEqual(expect.arrayContaining(['key_expired']));
    state.policy = policyOf({ when: { kinds: ['vak'] }, maxAgeSeconds: days(30) });
    expect(outcome(40 * DAY_MS)).toBe('accepted');
  });

  it('follows the owner’s labels as they are now', () => {
    const rule = { when: { labels: { employment: 'contractor' } }, maxAgeSeconds: days(30) };
    const { outcome, applier } = world(policyOf(rule));
    expect(outcome(40 * DAY_MS)).toBe('accepted');
    applier.principal({ ...ada, labels: { employment: 'contractor' } });
    expect(outcome(40 * DAY_MS)).toEqual(['key_expired', 'key-policy/keys/rules/0']);
  });
});

describe('a rotation that is overdue', () => {
  const warn = { when: {}, rotateEverySeconds: days(10), rotationOverdue: 'warn' };
  it('is named by the rule that says so, and the key goes on', () => {
    const { outcome, authenticator, key } = world(policyOf(warn));
    expect([outcome(10 * DAY_MS - 1), outcome(10 * DAY_MS)]).toEqual(['accepted', ['key-policy/keys/rules/0']]);
    const [first, again] = [1, 2].map((n) => authenticator.authenticate(key.text, NOW_MS + 10 * DAY_MS + n));
    expect(first).toBe(again);
  });
  it('is refused where some rule refuses, from its own moment on', () => {
    const refuse = { when: {}, rotateEverySeconds: days(20), rotationOverdue: 'refuse' };
    const { outcome } = world(policyOf(warn, refuse));
    expect(outcome(20 * DAY_MS - 1)).toEqual(['key-policy/keys/rules/0']);
    expect(outcome(20 * DAY_MS)).toEqual(['rotation_overdue', 'key-policy/keys/rules/1']);
  });
});

describe('a key that nobody uses', () => {
  const policy = policyOf({ when: {}, idleExpirySeconds: days(60) });
  /** What a use elsewhere may take to be known everywhere. */
  const step = DAY_MS;

  it('is refused once it is idle, counted from its issue while it was never used', () => {
    const { outcome } = world(policy);
    expect(outcome(60 * DAY_MS + step)).toEqual(['key_idle_expired', 'key-policy/keys/rules/0']);
  });

  it('goes on for as long as it is used here, and a use that was refused is none', () => {
    const { outcome } = world(policy);
    for (const day of [50, 100, 150]) expect(outcome(day * DAY_MS)).toBe('accepted');
    expect(outcome(212 * DAY_MS)).toEqual(expect.arrayContaining(['key_idle_expired']));
    expect(outcome(213 * DAY_MS)).toEqual(expect.arrayContaining(['key_idle_expired']));
  });

  it('goes on where its record tells of a use elsewhere, also one that is told late', () => {
    const { outcome, applier, key } = world(policy);
    expect(outcome(62 * DAY_MS)).toEqual(expect.arrayContaining(['key_idle_expired']));
    const lastUsedAt = iso(NOW_MS + 59 * DAY_MS);
    applier.credential(credentialOf(key, { issuedAt: iso(NOW_MS), lastUsedAt }));
    expect(outcome(62 * DAY_MS)).toBe('accepted');
  });

  it('is known to be used after a restart from a snapshot file, too', () => {
    const { outcome, applier, over } = world(policy, { lastUsedAt: iso(NOW_MS + 59 * DAY_MS) });
    const restored = new IdentityView(() => NOW_MS);
    restored.import(applier.view.export());
    expect(outcome(62 * DAY_MS, over(restored))).toBe('accepted');
    expect(outcome(130 * DAY_MS, over(restored))).toEqual(expect.arrayContaining(['key_idle_expired']));
  });

  it('leaves nothing of its uses to the key that takes its place', () => {
    const { applier, key, outcome, authenticator } = world(policy);
    expect(outcome(50 * DAY_MS)).toBe('accepted');
    applier.put(`credential/${key.keyId}`, null);
    const next = new Applier(applier.view);
    const other = adasKey();
    next.put(`credential/${other.key.keyId}`, credentialOf(other.key, { issuedAt: iso(NOW_MS) }));
    const answer = authenticator.authenticate(other.key.text, NOW_MS + 62 * DAY_MS);
    expect(answer).toMatchObject({ ok: false, reason: 'key_idle_expired' });
  });
});
