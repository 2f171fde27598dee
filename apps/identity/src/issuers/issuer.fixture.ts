import { IssuerTrusted, type IssuerKey, type IssuerSettings } from '#libs/contracts';

export const at = '2026-11-28T09:00:00.000Z';
export const named = { issuerId: 'issuer_1', tenantId: 'acme', at };
export const fetchedFrom = { from: 'jwks_uri', uri: 'https://idp.example/jwks' } as const;

export const settings: IssuerSettings = {
  issuer: 'https://idp.example',
  audiences: ['https://gateway.example/acme'],
  tokenTypes: ['jwt'],
  lifetimeSecondsMax: 3_600,
  keySource: fetchedFrom,
  mappings: { subjectId: 'acme', box: 'sealed-mappings' },
};
export const trusted = IssuerTrusted.of({ ...named, name: 'idp', settings, keys: [], createdBy: 'user_1' });
export const key = (kid: string): IssuerKey => ({ kid, algorithm: 'ES256', jwk: { kty: 'EC', crv: 'P-256' } });
/** What opens the sealed mappings: one rule for one subject. */
export const openMapping = () =>
  JSON.stringify([{ match: { sub: 'ci' }, as: { virtualAccountId: 'va_1' }, teams: ['ci'] }]);
