import { Inject, Injectable } from '@nestjs/common';
import { OIDC_SCOPES } from '../clients/client-metadata.js';
import { readDetails, type Detail } from '../provider/authorization-details.js';
import { OAuthProvider } from '../provider/oauth-provider.js';
import type { Pending } from './pending.js';

/** What a request asks somebody to allow. */
export type Offer = { readonly scopes: readonly string[]; readonly details: readonly Detail[] };
/** Of that, what was ticked. */
export type Ticked = { readonly scopes: readonly string[]; readonly details: readonly number[] };

/** What the client asked for and may have. */
export function offerOf({ interaction: { params }, client }: Pending): Offer {
  const asked = typeof params['scope'] === 'string' ? params['scope'].split(' ') : [];
  const scopes = asked.filter((scope) => OIDC_SCOPES.includes(scope) || client.actions.includes(scope));
  return {
    scopes: [...new Set(scopes)],
    details: readDetails(params['authorization_details'] as string | undefined) ?? [],
  };
}

/** Turns what was ticked into a grant. Each consent is a grant of its own, so that withdrawing one ends no other. */
@Injectable()
export class Consent {
  constructor(@Inject(OAuthProvider) private readonly provider: OAuthProvider) {}

  /** The grant's id; undefined where nothing that was offered was ticked. */
  async give(pending: Pending, accountId: string, ticked: Ticked): Promise<string | undefined> {
    const { scopes, details } = offerOf(pending);
    const allowed = scopes.filter((scope) => ticked.scopes.includes(scope));
    const allowedDetails = details.filter((_, index) => ticked.details.includes(index));
    if (allowed.length === 0 && allowedDetails.length === 0) return undefined;
    const { Grant } = this.provider.get();
    const grant = new Grant({ accountId, clientId: pending.client.id });
    const isOidc = (scope: string) => OIDC_SCOPES.includes(scope);
    const refused = scopes.filter((scope) => !allowed.includes(scope));
    grant.addOIDCScope(allowed.filter(isOidc).join(' '));
    grant.rejectOIDCScope(refused.filter(isOidc).join(' '));
    for (const resource of [pending.interaction.params['resource'] ?? []].flat() as string[]) {
      grant.addResourceScope(resource, allowed.filter((scope) => !isOidc(scope)).join(' '));
      grant.rejectResourceScope(resource, refused.filter((scope) => !isOidc(scope)).join(' '));
    }
    for (const detail of allowedDetails) grant.addRar({ ...detail });
    return grant.save();
  }
}
