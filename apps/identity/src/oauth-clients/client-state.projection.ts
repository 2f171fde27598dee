import { clientKey, oauthClientEvents, topics, type ClientRecord, type OAuthClientEvent } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** A client as guards see it: whether its tokens are accepted, and which. A deleted one stays, or it could be re-sent. */
export const clientState: StateProjection<OAuthClientEvent, ClientRecord> = {
  topic: topics.identityState.name,
  types: oauthClientEvents.map((event) => event.type),
  keys: (event) => [clientKey(event.data.clientId)],
  project: (_key, held, event) => {
    switch (event.type) {
      case 'identity.oauth-client.created': {
        const { clientId: id, tenantId, settings } = event.data;
        return { id, tenantId, status: 'active', virtualAccountId: settings.virtualAccountId, notBefore: null };
      }
      case 'identity.oauth-client.changed': {
        const { settings, endsTokens, at } = event.data;
        const { virtualAccountId } = settings;
        return held && { ...held, virtualAccountId, notBefore: endsTokens ? at : held.notBefore };
      }
      case 'identity.oauth-client.secret-rotated':
        return held;
      case 'identity.oauth-client.disabled':
        return held && { ...held, status: 'disabled', notBefore: event.data.at };
      // A token that was issued while it was being disabled is not revived either.
      case 'identity.oauth-client.enabled':
        return held && { ...held, status: 'active', notBefore: event.data.at };
      case 'identity.oauth-client.deleted':
        return held && { ...held, status: 'deleted', notBefore: event.data.at };
    }
  },
};
