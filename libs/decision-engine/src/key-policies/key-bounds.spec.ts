import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { compile, idleStepMs, keyBounds } from '../index.js';

const DAY = 86_400;
const policy = (name: string, rules: object[], tenant = 'acme') =>
  readDocument({ apiVersion: 'gatehouse/v1', kind: 'KeyPolicy', metadata: { name, tenant }, spec: { rules } });
const snapshot = (own: object[], platform: object[] = [], name = 'all') =>
  compile({
    tenant: 'acme',
    documents: own.length > 0 ? [policy('keys', own)] : [],
    platformDocuments: platform.length > 0 ? [policy(name, platform, 'platform')] : [],
    policyRevision: 1,
    platformRevision: 1,
  });
const key = (more: object = {}) => ({ kind: 'pat', labels: {}, ownerLabels: {}, ...more });
const contractors = { when: { labels: { employment: 'contractor' } }, maxAgeSeconds: 30 * DAY };
const all = {
  when: { kinds: ['pat', 'vak'] },
  maxAgeSeconds: 90 * DAY,
  idleExpirySeconds: 60 * DAY,
  rotateEverySeconds: 80 * DAY,
  rotationOverdue: 'warn',
};

describe('what KeyPolicies say of a key', () => {
  it('is nothing where no rule matches', () => {
    expect(keyBounds(snapshot([]), key())).toBeUndefined();
    expect(keyBounds(snapshot([all]), key({ kind: 'svc' }))).toBeUndefined();
  });

  it('is the strictest of the rules that match, each bound by itself, with the rule that sets it', () => {
    const bounds = keyBounds(snapshot([contractors, all]), key({ ownerLabels: { employment: 'contractor' } }));
    expect(bounds).toMatchObject({
      maxAge: { ms: 30 * DAY * 1_000, rule: 'key-policy/keys/rules/0' },
      idle: { ms: 60 * DAY * 1_000, rule: 'key-policy/keys/rules/1' },
    });
  });

  it('does not depend on the order of rules', () => {
    const who = key({ ownerLabels: { employment: 'contractor' } });
    const [one, other] = [
      [contractors, all],
      [all, contractors],
    ].map((rules) => keyBounds(snapshot(rules), who));
    expect(one?.maxAge?.ms).toBe(other?.maxAge?.ms);
  });

  it('counts a label of the key as one of its owner, so that nobody labels a key out of a rule', () => {
    const labelled = keyBounds(snapshot([contractors]), key({ labels: { employment: 'contractor' } }));
    expect(labelled?.maxAge?.ms).toBe(30 * DAY * 1_000);
    const hidden = { labels: { employment: 'staff' }, ownerLabels: { employment: 'contractor' } };
    expect(keyBounds(snapshot([contractors]), key(hidden))?.maxAge?.ms).toBe(30 * DAY * 1_000);
    expect(keyBounds(snapshot([contractors]), key({ ownerLabels: { employment: 'staff' } }))).toBeUndefined();
  });

  it('includes the platform’s, which no tenant softens', () => {
    const strict = { when: {}, maxAgeSeconds: DAY };
    for (const name of ['all', 'keys']) {
      const bounds = keyBounds(snapshot([all], [strict], name), key());
      expect(bounds?.maxAge).toEqual({ ms: DAY * 1_000, rule: `key-policy/${name}/rules/0` });
    }
  });

  it('warns by the rule that asks for it soonest, and refuses by one that refuses', () => {
    const refusing = { when: {}, rotateEverySeconds: 100 * DAY, rotationOverdue: 'refuse' };
    const bounds = keyBounds(snapshot([all, refusing]), key());
    expect([bounds?.rotationWarned?.rule, bounds?.rotationRefused?.rule]).toEqual([
      'key-policy/keys/rules/0',
      'key-policy/keys/rules/1',
    ]);
    expect(keyBounds(snapshot([all]), key())?.rotationRefused).toBeUndefined();
  });
});

it('tells guards of a use at most once a day, and at least each minute where keys get idle within an hour', () => {
  const step = (seconds: number) => idleStepMs({ ms: seconds * 1_000, rule: '' }) / 1_000;
  expect([step(60 * DAY), step(365 * DAY), step(7_200), step(60)]).toEqual([DAY, DAY, 120, 60]);
});
