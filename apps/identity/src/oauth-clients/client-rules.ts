import type { ClientAuthMethod, OAuthClientSettings } from '#libs/contracts';
import { DomainError } from '#libs/decider';

type Rule = readonly [broken: boolean, detail: string];

/** What a client's settings must be together. @throws DomainError `oauth-client/invalid` */
export function requireCoherent(authMethod: ClientAuthMethod, settings: OAuthClientSettings): void {
  const broken = rules(authMethod, settings).find(([isBroken]) => isBroken);
  if (broken) throw new DomainError('oauth-client/invalid', broken[1]);
}

function rules(authMethod: ClientAuthMethod, settings: OAuthClientSettings): readonly Rule[] {
  const { grantTypes, redirectUris, virtualAccountId, keys } = settings;
  const byCode = grantTypes.includes('authorization_code');
  const forItself = grantTypes.includes('client_credentials');
  return [
    [byCode !== redirectUris.length > 0, 'A client has redirect URIs if and only if it uses authorization codes.'],
    [grantTypes.includes('refresh_token') && !byCode, 'Refresh tokens come from authorization codes only.'],
    [forItself && authMethod === 'none', 'A public client cannot use client credentials: it has none.'],
    [
      forItself !== (virtualAccountId !== null),
      'A client is bound to a virtual account if and only if it uses client credentials.',
    ],
    [
      (authMethod === 'private_key_jwt') !== keys.length > 0,
      'A client has keys if and only if it authenticates by private_key_jwt.',
    ],
    [new Set(keys.map(({ kid }) => kid)).size < keys.length, 'Two keys of a client have the same kid.'],
  ];
}

/** Whether what a client may have is less than it was: then tokens of before may be more than it is allowed now. */
export function takesAway(before: OAuthClientSettings, after: OAuthClientSettings): boolean {
  const lost = <Item>(had: readonly Item[], has: readonly Item[]) => had.some((item) => !has.includes(item));
  return (
    lost(before.scopes, after.scopes) ||
    lost(before.resources, after.resources) ||
    lost(before.grantTypes, after.grantTypes) ||
    before.virtualAccountId !== after.virtualAccountId
  );
}
