import {
  oauthClientEvents,
  type ClientAuthMethod,
  type OAuthClientEvent,
  type OAuthClientSettings,
} from '#libs/contracts';
import type { ListProjection, OpenSealed } from '#libs/decider';

/** What is kept of one secret; `until` is null for the current one, and the end of the overlap for its predecessor. */
export type ClientSecret = { mac: string; pepperVersion: number; until: string | null };

/** `name` is null once its tenant was erased. `secrets`: the current one first, then at most one that is being superseded. */
export type OAuthClientRow = Omit<OAuthClientSettings, 'name'> & {
  id: string;
  tenantId: string;
  name: string | null;
  authMethod: ClientAuthMethod;
  secrets: ClientSecret[];
  redacted: string | null;
  overlapUntil: string | null;
  status: 'active' | 'disabled' | 'deleted';
  createdBy: string;
  createdAt: string;
};

export const clientList: ListProjection<OAuthClientEvent, OAuthClientRow> = {
  name: 'oauth_client_list_v1',
  types: oauthClientEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.clientId, tenantId: data.tenantId }),
  project: (held, event, _at, open) => {
    switch (event.type) {
      case 'identity.oauth-client.created': {
        const { clientId: id, tenantId, authMethod, settings, secret, createdBy, at } = event.data;
        const fresh = { overlapUntil: null, status: 'active', createdBy, createdAt: at } as const;
        return {
          id,
          tenantId,
          authMethod,
          ...shown(settings, open),
          secrets: secret ? [{ mac: secret.mac, pepperVersion: secret.pepperVersion, until: null }] : [],
          redacted: secret?.redacted ?? null,
          ...fresh,
        };
      }
      case 'identity.oauth-client.changed':
        return held && { ...held, ...shown(event.data.settings, open) };
      case 'identity.oauth-client.secret-rotated':
        return held && rotated(held, event.data);
      case 'identity.oauth-client.disabled':
        return held && { ...held, status: 'disabled' };
      case 'identity.oauth-client.enabled':
        return held && { ...held, status: 'active' };
      case 'identity.oauth-client.deleted':
        return held && { ...held, status: 'deleted', secrets: [], overlapUntil: null };
    }
  },
};

function shown({ name, ...settings }: OAuthClientSettings, open: OpenSealed) {
  return { ...settings, name: open(name) ?? null };
}

type Rotation = {
  secret: { mac: string; pepperVersion: number; redacted: string };
  overlapUntil: string;
  at: string;
};

function rotated(held: OAuthClientRow, { secret, overlapUntil, at }: Rotation): OAuthClientRow {
  const { mac, pepperVersion, redacted } = secret;
  const former = held.secrets.slice(0, 1).map((each) => ({ ...each, until: overlapUntil }));
  const secrets = [{ mac, pepperVersion, until: null }, ...(overlapUntil > at ? former : [])];
  return { ...held, secrets, redacted, overlapUntil };
}
