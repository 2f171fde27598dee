import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

const { base, Check } = interactionPolicy;

/** oidc-provider's own prompts, and a login where nobody is logged in who may use this client. */
export function ownInteractionPolicy() {
  const policy = base();
  const unavailable = new Check(
    'account_unavailable',
    'the account that is logged in cannot be used with this client',
    'login_required',
    ({ oidc }: KoaContextWithOIDC) => oidc.session?.accountId !== undefined && oidc.account === undefined,
  );
  policy.get('login')?.checks.add(unavailable);
  return policy;
}
