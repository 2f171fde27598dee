import {
  ApiKeyIssued,
  ApiKeyResumed,
  ApiKeyRevoked,
  ApiKeyRotated,
  ApiKeyRotationFailed,
  ApiKeyRotationPrepared,
  ApiKeySuspended,
  ApiKeyUsed,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, it } from 'vitest';
import { apiKeyDecider, type RevokeApiKey, type RotateApiKey } from './api-key.decider.js';

const given = specFor(apiKeyDecider);
const key = { keyId: 'k1', tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const sealed = { subjectId: 'user_1', box: 'b64' };
const issued = ApiKeyIssued.of({
  ...key,
  kind: 'pat',
  ownerId: 'user_1',
  ownerEpoch: 1,
  name: sealed,
  redacted: 'gh_patp_k1…',
  mac: 'b64',
  pepperVersion: 1,
  restrictions: { models: ['local/*'] },
  labels: {},
  notBefore: null,
  expiresAt: '2027-01-01T00:00:00.000Z',
});
const revoked = ApiKeyRevoked.of({ ...key, reason: sealed });
const suspended = ApiKeySuspended.of({ ...key, leaked: false });
const revoke: RevokeApiKey = { type: 'RevokeApiKey', ...key, reason: sealed };
const rotation = {
  ...key,
  mac: 'new',
  pepperVersion: 1,
  redacted: 'gh_patp_k1…',
  overlapUntil: '2026-11-23T09:10:00.000Z',
  expiresAt: null,
};
const rotate: RotateApiKey = { type: 'RotateApiKey', ...rotation };
const rotated = ApiKeyRotated.of(rotation);

describe('issuing an API key', () => {
  it('refuses an id that is in use', () =>
    given(issued)
      .when({ type: 'IssueApiKey', ...issued.data })
      .expectRefusal('api-key/id-taken'));
});

describe('revoking an API key', () => {
  it('records why', () => given(issued).when(revoke).expect(revoked));
  it('is idempotent', () => given(issued, revoked).when(revoke).expect());
  it('works on a suspended key', () => given(issued, suspended).when(revoke).expect(revoked));
  it('does not reveal that another tenant has the key', () =>
    given(issued)
      .when({ ...revoke, tenantId: 'evil' })
      .expectRefusal('api-key/not-found'));
  it('says the same of a key that never was', () => given().when(revoke).expectRefusal('api-key/not-found'));
});

describe('rotating an API key', () => {
  it('records the new secret and how long the old one goes on', () => given(issued).when(rotate).expect(rotated));
  it('keeps an overlap that was promised, so that no more than two secrets live', () =>
    given(issued, rotated).when(rotate).expectRefusal('api-key/overlap-running'));
  it('is possible again once the overlap has ended', () => {
    const later = { ...rotate, at: '2026-11-23T09:10:00.000Z', overlapUntil: '2026-11-23T09:20:00.000Z' };
    const { type: _, ...data } = later;
    given(issued, rotated).when(later).expect(ApiKeyRotated.of(data));
  });
  it('revives neither a revoked key', () => given(issued, revoked).when(rotate).expectRefusal('api-key/revoked'));
  it('nor a suspended one', () => given(issued, suspended).when(rotate).expectRefusal('api-key/suspended'));
  it('nor an expired one', () =>
    given(issued)
      .when({ ...rotate, at: '2027-01-01T00:00:00.000Z' })
      .expectRefusal('api-key/expired'));
});

describe('suspending and resuming an API key', () => {
  const resumed = ApiKeyResumed.of(key);
  it('suspends once', () =>
    given(issued, suspended)
      .when({ type: 'SuspendApiKey', ...key, leaked: false })
      .expect());
  it('resumes', () =>
    given(issued, suspended)
      .when({ type: 'ResumeApiKey', ...key })
      .expect(resumed));
  it('never resumes a revoked key', () =>
    given(issued, revoked)
      .when({ type: 'ResumeApiKey', ...key })
      .expectRefusal('api-key/revoked'));
});

describe('telling guards that a key is used', () => {
  const usedAt = '2026-11-23T08:00:00.000Z';
  const note = { type: 'NoteApiKeyUse' as const, ...key, usedAt, stepMs: 86_400_000 };
  const used = ApiKeyUsed.of({ ...key, usedAt });
  it('tells of the first use', () => given(issued).when(note).expect(used));
  it('says nothing of one that is hardly later, or earlier', () => {
    given(issued, used)
      .when({ ...note, usedAt: '2026-11-24T07:59:59.000Z' })
      .expect();
    given(issued, used)
      .when({ ...note, usedAt: '2026-11-20T08:00:00.000Z' })
      .expect();
  });
  it('tells of one that is a step later', () => {
    const later = '2026-11-24T08:00:00.000Z';
    given(issued, used)
      .when({ ...note, usedAt: later })
      .expect(ApiKeyUsed.of({ ...key, usedAt: later }));
  });
  it('says nothing of a revoked key', () => given(issued, revoked).when(note).expect());
});

describe('a rotation into a sink', () => {
  const prepare = { ...key, mac: 'new', pepperVersion: 1, until: '2026-11-23T10:00:00.000Z' };
  const prepared = ApiKeyRotationPrepared.of(prepare);
  const complete = { ...rotate, type: 'CompleteApiKeyRotation' as const };
  const fail = { type: 'FailApiKeyRotation' as const, ...key, sink: 'vault', code: 'http_503', nextAt: key.at };
  const failed = (failures: number) => {
    const { type: _, ...data } = fail;
    return ApiKeyRotationFailed.of({ ...data, failures });
  };

  it('makes the key’s own what was prepared', () => given(issued, prepared).when(complete).expect(rotated));
  it('and nothing that was not, that another preparation took the place of, or that was given up', () => {
    given(issued).when(complete).expectRefusal('api-key/rotation-superseded');
    const other = ApiKeyRotationPrepared.of({ ...prepare, mac: 'other' });
    given(issued, prepared, other).when(complete).expectRefusal('api-key/rotation-superseded');
    given(issued, prepared, failed(1)).when(complete).expectRefusal('api-key/rotation-superseded');
  });
  it('prepares no third secret while two are good', () =>
    given(issued, rotated)
      .when({ type: 'PrepareApiKeyRotation', ...prepare })
      .expectRefusal('api-key/overlap-running'));
  it('revives no key that was revoked or suspended meanwhile', () => {
    given(issued, prepared, revoked).when(complete).expectRefusal('api-key/revoked');
    given(issued, prepared, suspended).when(complete).expectRefusal('api-key/suspended');
  });
  it('counts failures one after the other, and begins anew when one has worked', () => {
    given(issued, prepared, failed(1), prepared, failed(2)).when(fail).expect(failed(3));
    given(issued, failed(1), prepared, rotated).when(fail).expect(failed(1));
    given(issued, revoked).when(fail).expect();
  });
});
