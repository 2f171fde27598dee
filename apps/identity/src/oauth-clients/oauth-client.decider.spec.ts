import {
  OAuthClientChanged,
  OAuthClientCreated,
  OAuthClientDeleted,
  OAuthClientDisabled,
  OAuthClientSecretRotated,
  type OAuthClientSettings,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { clientList } from './client-list.projection.js';
import { clientState } from './client-state.projection.js';
import { oauthClientDecider } from './oauth-client.decider.js';
import { created, named, secret, settings } from './oauth-client.fixture.js';

const given = specFor(oauthClientDecider);
const later = { ...named, at: '2026-11-28T10:00:00.000Z' };
const { type: _type, ...createdData } = { ...created.data, type: '' };
const change = (changed: Partial<OAuthClientSettings>) => ({
  type: 'ChangeOAuthClient' as const,
  ...later,
  settings: { ...settings, ...changed },
});
const key = (kid: string) => ({ kid, algorithm: 'ES256' as const, jwk: { kty: 'EC' } });

describe('a client', () => {
  it('is made once', () =>
    given(created)
      .when({ type: 'CreateOAuthClient', ...createdData })
      .expectRefusal('oauth-client/id-taken'));

  it.each<[string, Partial<OAuthClientSettings>]>([
    ['authorization codes without a redirect URI', { grantTypes: ['client_credentials', 'authorization_code'] }],
    ['a redirect URI without authorization codes', { redirectUris: ['https://a.example/cb'] }],
    ['refresh tokens without authorization codes', { grantTypes: ['client_credentials', 'refresh_token'] }],
    ['client credentials without a virtual account', { virtualAccountId: null }],
    [
      'a virtual account without client credentials',
      { grantTypes: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
    ],
    ['keys beside a secret', { keys: [key('1')] }],
  ])('is never made with %s, nor changed to it', (_what, wrong) => {
    const data = { ...createdData, settings: { ...settings, ...wrong } };
    given()
      .when({ type: 'CreateOAuthClient', ...data })
      .expectRefusal('oauth-client/invalid');
    given(created).when(change(wrong)).expectRefusal('oauth-client/invalid');
  });

  it('that is public has no client credentials, and one that signs has keys, each with a kid of its own', () => {
    const create = { type: 'CreateOAuthClient' as const, ...createdData, secret: null };
    given()
      .when({ ...create, authMethod: 'none' })
      .expectRefusal('oauth-client/invalid');
    const signing = { ...create, authMethod: 'private_key_jwt' as const };
    given().when(signing).expectRefusal('oauth-client/invalid');
    given()
      .when({ ...signing, settings: { ...settings, keys: [key('1'), key('1')] } })
      .expectRefusal('oauth-client/invalid');
    const whole = { ...signing, settings: { ...settings, keys: [key('1'), key('2')] } };
    const { type: _, ...data } = whole;
    given().when(whole).expect(OAuthClientCreated.of(data));
  });

  it('of another tenant is as missing, and so is a deleted one', () => {
    given(created)
      .when({ type: 'DisableOAuthClient', ...named, tenantId: 'evil' })
      .expectRefusal('oauth-client/not-found');
    given(created, OAuthClientDeleted.of(named))
      .when({ type: 'EnableOAuthClient', ...named })
      .expectRefusal('oauth-client/not-found');
  });

  it('disabled twice changes nothing the second time', () =>
    given(created, OAuthClientDisabled.of(named))
      .when({ type: 'DisableOAuthClient', ...later })
      .expect());

  it('has no third secret while two are live', () => {
    const rotated = OAuthClientSecretRotated.of({ ...named, secret, overlapUntil: '2026-11-28T11:00:00.000Z' });
    const again = { type: 'RotateOAuthClientSecret' as const, ...later, secret, overlapUntil: later.at };
    given(created, rotated).when(again).expectRefusal('oauth-client/overlap-running');
  });

  it('without a secret has none to rotate', () => {
    const signing = { ...createdData, authMethod: 'private_key_jwt' as const, secret: null };
    given(OAuthClientCreated.of({ ...signing, settings: { ...settings, keys: [key('1')] } }))
      .when({ type: 'RotateOAuthClientSecret', ...later, secret, overlapUntil: later.at })
      .expectRefusal('oauth-client/no-secret');
  });
});

describe('a change', () => {
  it.each<[string, Partial<OAuthClientSettings>]>([
    ['a scope', { scopes: ['model:invoke'] }],
    ['a resource', { resources: ['https://policy.example'] }],
    ['its virtual account', { virtualAccountId: 'va_2' }],
  ])('that takes away %s ends tokens of before', (_what, changed) => {
    const event = OAuthClientChanged.of({ ...later, settings: { ...settings, ...changed }, endsTokens: true });
    given(created).when(change(changed)).expect(event);
    const before = clientState.project('client/client_1', undefined, created, () => undefined);
    expect(clientState.project('client/client_1', before, event, () => undefined)).toMatchObject({
      notBefore: later.at,
      virtualAccountId: changed.virtualAccountId ?? 'va_1',
    });
  });

  it('that only adds ends none', () => {
    const scopes = [...settings.scopes, 'openid'];
    const event = OAuthClientChanged.of({ ...later, settings: { ...settings, scopes }, endsTokens: false });
    given(created).when(change({ scopes })).expect(event);
  });
});

describe('what is kept of a client', () => {
  const rotated = (overlapUntil: string) =>
    OAuthClientSecretRotated.of({ ...later, secret: { ...secret, mac: 'second' }, overlapUntil });
  const place = { recordedAt: later.at, streamVersion: 1, position: 1 };
  const row = clientList.project(undefined, created, place, () => 'etl');

  it('is both secrets during an overlap, the new one first, and one without', () => {
    const until = '2026-11-28T11:00:00.000Z';
    const overlapping = clientList.project(row, rotated(until), place, () => 'etl');
    expect(overlapping?.secrets).toEqual([
      { mac: 'second', pepperVersion: 1, until: null },
      { mac: 'first', pepperVersion: 1, until },
    ]);
    expect(clientList.project(row, rotated(later.at), place, () => 'etl')?.secrets).toHaveLength(1);
  });

  it('for guards is neither its name nor its secrets', () => {
    const record = clientState.project('client/client_1', undefined, created, () => 'etl');
    expect(JSON.stringify(record)).not.toMatch(/first|etl|sealed-name/);
  });
});
