import {
  ACCESS_TOKEN_SECONDS_MAX,
  issuerEvents,
  type IssuerEvent,
  type IssuerKey,
  type IssuerKeySource,
  type IssuerMapping,
  type IssuerSettings,
} from '#libs/contracts';
import type { ListProjection, OpenSealed } from '#libs/decider';
import { openMappings } from './issuer-state.projection.js';

/** `keySource` `own`: our own issuer, which nobody changes. */
export type IssuerRow = Omit<IssuerSettings, 'mappings' | 'keySource'> & {
  id: string;
  tenantId: string;
  name: string;
  keySource: IssuerKeySource | { from: 'own' };
  mappings: IssuerMapping[];
  keys: IssuerKey[];
  keysUntil: string | null;
  notBefore: string | null;
  status: 'active' | 'disabled' | 'deleted';
  createdBy: string | null;
  createdAt: string;
};

export const issuerList: ListProjection<IssuerEvent, IssuerRow> = {
  name: 'issuer_list_v1',
  types: issuerEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.issuerId, tenantId: data.tenantId }),
  project: (held, event, _at, open) => {
    switch (event.type) {
      case 'identity.issuer.trusted': {
        const { issuerId: id, tenantId, name, settings, keys, createdBy, at } = event.data;
        const fresh = { keysUntil: null, notBefore: null, status: 'active', createdBy, createdAt: at } as const;
        return { id, tenantId, name, ...shown(settings, open), keys, ...fresh };
      }
      case 'identity.issuer.changed': {
        const { settings, keys } = event.data;
        return held && { ...held, ...shown(settings, open), ...(keys && { keys, keysUntil: null }) };
      }
      case 'identity.issuer.keys-fetched':
        return held && { ...held, keys: event.data.keys, keysUntil: event.data.keysUntil };
      case 'identity.issuer.disabled':
        return held && { ...held, status: 'disabled', notBefore: event.data.at };
      case 'identity.issuer.enabled':
        return held && { ...held, status: 'active', notBefore: event.data.at };
      case 'identity.issuer.deleted':
        return held && { ...held, status: 'deleted', notBefore: event.data.at, keys: [], mappings: [] };
      case 'identity.issuer.own-published': {
        const { issuerId: id, tenantId, issuer, audiences, keys, at } = event.data;
        const fixed = { tokenTypes: ['at+jwt'], lifetimeSecondsMax: ACCESS_TOKEN_SECONDS_MAX, mappings: [] };
        const fresh = { keysUntil: null, notBefore: null, status: 'active', createdBy: null } as const;
        const createdAt = held?.createdAt ?? at;
        const keySource = { from: 'own' } as const;
        return { id, tenantId, name: id, issuer, audiences, keys, keySource, ...fixed, ...fresh, createdAt };
      }
    }
  },
};

function shown({ mappings, ...settings }: IssuerSettings, open: OpenSealed) {
  return { ...settings, mappings: openMappings(mappings, open) };
}
