import { OAuthClientCreated, type OAuthClientSettings } from '#libs/contracts';

export const at = '2026-11-28T09:00:00.000Z';
export const named = { clientId: 'client_1', tenantId: 'acme', at };

/** A client of a virtual account, as an administrator makes one. */
export const settings: OAuthClientSettings = {
  name: { subjectId: 'acme', box: 'sealed-name' },
  applicationType: 'web',
  redirectUris: [],
  grantTypes: ['client_credentials'],
  scopes: ['model:invoke', 'model:list'],
  resources: ['https://gateway.example'],
  virtualAccountId: 'va_1',
  keys: [],
  accessTokenSeconds: 900,
};
export const secret = { mac: 'first', pepperVersion: 1, redacted: 'ghc_1_…' };
export const created = OAuthClientCreated.of({
  ...named,
  authMethod: 'client_secret_basic',
  settings,
  secret,
  createdBy: 'user_1',
});
