import { ada } from '../identity/identity.fixture.js';
import { ci, externalIssuer, externalToken, NOW_S, ownClaims, ownToken, RESOURCE } from './token.fixture.js';

/** What somebody tries, and the token that they try it with. `canary`: a URL of theirs that must never be asked. */
export type HostileToken = readonly [what: string, make: (canary: string) => string | Promise<string>];

/** Tokens whose signature holds, and that claim what they must not. */
export const hostileClaims: readonly HostileToken[] = [
  ...(
    [
      ['exp as a text', { exp: String(NOW_S + 60) }],
      ['exp as a fraction', { exp: NOW_S + 60.5 }],
      ['exp as far away as can be written', { exp: 1e99 }],
      ['exp before time began', { exp: -1 }],
      ['exp as null', { exp: null }],
      ['exp as a list', { exp: [NOW_S + 60] }],
      ['no exp', { exp: undefined }],
      ['no iat', { iat: undefined }],
      ['iat as a text', { iat: String(NOW_S) }],
      ['an iat to come', { iat: NOW_S + 3_000, exp: NOW_S + 3_600 }],
      ['an exp before iat', { iat: NOW_S, exp: NOW_S }],
      ['an nbf to come', { nbf: NOW_S + 600 }],
      ['an nbf that is no number', { nbf: 'now' }],
      ['a longer life than ours have', { exp: NOW_S + 3_600 }],
      ['a life of years', { exp: NOW_S + 1e8 }],
      ['another service’s audience', { aud: 'https://identity.gatehouse.example' }],
      ['somebody else’s audience', { aud: 'https://evil.example' }],
      ['our audience among others', { aud: [RESOURCE, 'https://evil.example'] }],
      ['our audience twice', { aud: [RESOURCE, RESOURCE] }],
      ['no audience', { aud: undefined }],
      ['an empty list of audiences', { aud: [] }],
      ['our audience with a slash', { aud: `${RESOURCE}/` }],
      ['our audience in another case', { aud: RESOURCE.toUpperCase() }],
      ['another tenant', { tenant: 'globex' }],
      ['no tenant', { tenant: undefined }],
      ['another issuer', { iss: 'https://evil.example' }],
      ['our issuer with a slash', { iss: `${ownClaims.iss}/` }],
      ['our issuer as a list', { iss: [ownClaims.iss] }],
      ['no issuer', { iss: undefined }],
      ['an issuer named like a member of every object', { iss: '__proto__' }],
      ['no client', { client_id: undefined }],
      ['a client that nobody knows', { client_id: 'client_evil' }],
      ['nobody', { sub: undefined }],
      ['a principal that nobody knows', { sub: 'user_eve' }],
      ['a principal by address', { sub: ada.email }],
      ['a virtual account that the client is not bound to', { sub: ci.id }],
      ['no epoch', { gh_epoch: undefined }],
      ['an epoch that was', { gh_epoch: 0 }],
      ['an epoch as a text', { gh_epoch: '1' }],
      ['no grant', { gh_grant: undefined }],
      ['a scope as a list', { scope: ['model:invoke'] }],
      ['details as an object', { authorization_details: { type: 'gatehouse' } }],
    ] as [string, object][]
  ).map(([what, change]): HostileToken => [what, () => ownToken(change)]),
  ['an external token with our audience', () => externalToken({ aud: RESOURCE })],
  ['an external token with another audience of its issuer', () => externalToken({ aud: 'https://acme.example/other' })],
  ['an external token that lives longer than its issuer may say', () => externalToken({ exp: NOW_S + 541 })],
  ['an external token without an end', () => externalToken({ exp: undefined })],
  [
    'an external token of a branch that is not mapped',
    () => externalToken({ sub: 'repo:acme/site:ref:refs/heads/evil' }),
  ],
  [
    'an external token of a repository that is not mapped',
    () => externalToken({ sub: 'repo:acme/a/b:ref:refs/heads/main' }),
  ],
  [
    'an external token with our own claims',
    () => externalToken({ ...ownClaims, iss: externalIssuer.issuer, aud: externalIssuer.audiences[0], sub: ada.id }),
  ],
];
