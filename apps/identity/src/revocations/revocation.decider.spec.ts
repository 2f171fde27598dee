import { RevocationForgotten, RevocationRecord, TokensRevoked } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { revocationState } from './revocation-state.projection.js';
import { revocationStep } from './revocation-step.js';
import { revocationDecider } from './revocation.decider.js';

const given = specFor(revocationDecider);
const revoked = {
  kind: 'principal' as const,
  id: 'user_1',
  tenantId: 'acme',
  at: '2026-11-28T09:00:00.000Z',
  until: '2026-11-29T09:05:00.000Z',
};
const later = { ...revoked, at: '2026-11-28T10:00:00.000Z', until: '2026-11-29T10:05:00.000Z' };

it('moves on with each revocation, and never back', () => {
  given(TokensRevoked.of(revoked))
    .when({ type: 'RevokeTokens', ...later })
    .expect(TokensRevoked.of(later));
  given(TokensRevoked.of(later))
    .when({ type: 'RevokeTokens', ...revoked })
    .expect();
});

it('is remembered for as long as the longest that was asked for', () => {
  const shorter = { ...later, until: '2026-11-28T11:00:00.000Z' };
  given(TokensRevoked.of(revoked))
    .when({ type: 'RevokeTokens', ...shorter })
    .expect(TokensRevoked.of({ ...later, until: revoked.until }));
});

it('is of one tenant', () =>
  given(TokensRevoked.of(revoked))
    .when({ type: 'RevokeTokens', ...later, tenantId: 'evil' })
    .expectRefusal('revocation/not-found'));

it('tells guards what and until when, and nobody why', () => {
  const event = TokensRevoked.of({ ...revoked, reason: { subjectId: 'user_2', box: 'sealed' } });
  const record = revocationState.project('revocation/principal/user_1', undefined, event, () => 'why');
  expect(RevocationRecord.parse(record)).toEqual(record);
  expect(record).toEqual(revoked);
});

it('of a principal outlasts the longest token of an external issuer, of a grant the longest of ours', () => {
  const until = (kind: 'principal' | 'grant') => {
    const [event] = revocationStep({ kind, id: 'x', tenantId: 'acme', at: revoked.at }).decide({ status: 'absent' });
    return event?.type === 'identity.revocation.tokens-revoked' ? event.data.until : undefined;
  };
  expect(until('principal')).toBe('2026-11-29T09:05:00.000Z');
  expect(until('grant')).toBe('2026-11-28T10:05:00.000Z');
});

describe('what has ended by itself', () => {
  const { until: _, ...named } = revoked;
  const forget = (at: string) => ({ type: 'ForgetRevocation' as const, ...named, at });

  it('is forgotten, by guards too, and not a moment too early', () => {
    const event = RevocationForgotten.of({ ...named, at: revoked.until });
    given(TokensRevoked.of(revoked)).when(forget(revoked.until)).expect(event);
    given(TokensRevoked.of(revoked)).when(forget('2026-11-29T09:04:59.999Z')).expect();
    expect(revocationState.project('revocation/principal/user_1', revoked, event, () => undefined)).toBeUndefined();
  });

  it('is not forgotten where it was revoked again meanwhile', () =>
    given(TokensRevoked.of(revoked), TokensRevoked.of(later)).when(forget(revoked.until)).expect());

  it('can be revoked again', () =>
    given(TokensRevoked.of(revoked), RevocationForgotten.of({ ...named, at: revoked.until }))
      .when({ type: 'RevokeTokens', ...later })
      .expect(TokensRevoked.of(later)));
});
