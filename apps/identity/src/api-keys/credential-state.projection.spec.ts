import {
  ApiKeyIssued,
  ApiKeyRevoked,
  ApiKeyRotated,
  ApiKeyRotationFailed,
  ApiKeyRotationPrepared,
  ApiKeyUsed,
  CredentialRecord,
  type ApiKeyEvent,
} from '#libs/contracts';
import { expect, it } from 'vitest';
import { credentialState } from './credential-state.projection.js';

const key = { keyId: 'k1', tenantId: 'acme' };
const issued = ApiKeyIssued.of({
  ...key,
  at: '2026-11-23T09:00:00.000Z',
  kind: 'vak',
  ownerId: 'va_1',
  ownerEpoch: 1,
  name: { subjectId: 'va_1', box: 'sealed-name' },
  redacted: 'gh_vakp_k1…',
  mac: 'first',
  pepperVersion: 1,
  restrictions: {},
  labels: {},
  notBefore: null,
  expiresAt: null,
});
const rotated = (at: string, overlapUntil: string) =>
  ApiKeyRotated.of({ ...key, at, mac: `mac of ${at}`, pepperVersion: 1, redacted: '', overlapUntil, expiresAt: null });

function recordAfter(...events: ApiKeyEvent[]) {
  let held: CredentialRecord | undefined;
  for (const event of events) held = credentialState.project('credential/k1', held, event, () => undefined);
  return CredentialRecord.parse(held);
}

it('accepts both secrets during the overlap, the new one first', () => {
  const { secrets } = recordAfter(issued, rotated('2026-11-23T10:00:00.000Z', '2026-11-23T10:10:00.000Z'));
  expect(secrets.map(({ mac, until }) => [mac, until])).toEqual([
    ['mac of 2026-11-23T10:00:00.000Z', null],
    ['first', '2026-11-23T10:10:00.000Z'],
  ]);
});

it('ends the old secret at once when no overlap was asked for', () => {
  expect(recordAfter(issued, rotated('2026-11-23T10:00:00.000Z', '2026-11-23T10:00:00.000Z')).secrets).toHaveLength(1);
});

it('never carries more than two secrets', () => {
  const twice = recordAfter(
    issued,
    rotated('2026-11-23T10:00:00.000Z', '2026-11-23T10:10:00.000Z'),
    rotated('2026-11-23T11:00:00.000Z', '2026-11-23T11:10:00.000Z'),
  );
  expect(twice.secrets.map(({ mac }) => mac)).not.toContain('first');
});

it('keeps a revoked key as a record, and its name out of it', () => {
  const record = recordAfter(issued, ApiKeyRevoked.of({ ...key, at: '2026-11-23T10:00:00.000Z' }));
  expect(record.status).toBe('revoked');
  expect(JSON.stringify(record)).not.toContain('sealed-name');
});

it('carries the last use that guards are to know of, and keeps it through what comes after', () => {
  const usedAt = '2026-11-23T10:00:00.000Z';
  const used = ApiKeyUsed.of({ ...key, at: usedAt, usedAt });
  const record = recordAfter(issued, used, rotated('2026-11-24T10:00:00.000Z', '2026-11-24T10:00:00.000Z'));
  expect(record.lastUsedAt).toBe(usedAt);
});

it('accepts what was prepared beside the present secret, which it never harms, and forgets it when it failed', () => {
  const prepared = (mac: string) =>
    ApiKeyRotationPrepared.of({ ...key, at: issued.data.at, mac, pepperVersion: 1, until: '2026-11-23T11:00:00.000Z' });
  const about = { ...key, at: issued.data.at, sink: 's', code: 'c', failures: 1, nextAt: issued.data.at };
  const macs = (...events: ApiKeyEvent[]) => recordAfter(issued, ...events).secrets.map(({ mac }) => mac);
  expect(macs(prepared('one'))).toEqual(['first', 'one']);
  expect(macs(prepared('one'), prepared('two'))).toEqual(['first', 'two']);
  expect(macs(prepared('one'), ApiKeyRotationFailed.of(about))).toEqual(['first']);
  const later = ApiKeyRotationFailed.of({ ...about, at: '2026-11-23T12:00:00.000Z', failures: 2 });
  const failing = recordAfter(issued, ApiKeyRotationFailed.of(about), later);
  expect(failing.rotationFailing).toEqual({ sink: 's', since: issued.data.at });
  const at = '2026-11-24T10:00:00.000Z';
  expect(recordAfter(issued, later, rotated(at, at))).not.toHaveProperty('rotationFailing');
});
