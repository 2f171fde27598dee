import {
  ACCESS_TOKEN_SECONDS_MAX,
  issuerEvents,
  issuerKey,
  IssuerMapping,
  topics,
  type IssuerEvent,
  type IssuerRecord,
  type IssuerSettings,
} from '#libs/contracts';
import type { OpenSealed, StateProjection } from '#libs/decider';
import { z } from 'zod';

const Mappings = z.array(IssuerMapping);

/** An issuer with its keys, as guards see it. A deleted one stays as a record: a missing one could be re-sent. */
export const issuerState: StateProjection<IssuerEvent, IssuerRecord> = {
  topic: topics.identityState.name,
  types: issuerEvents.map((event) => event.type),
  keys: (event) => [issuerKey(event.data.issuerId)],
  project: (_key, held, event, open) => {
    switch (event.type) {
      case 'identity.issuer.trusted': {
        const { issuerId: id, tenantId, settings, keys } = event.data;
        const fresh = { status: 'active', keysUntil: null, notBefore: null } as const;
        return { id, tenantId, ...told(settings, open), keys, ...fresh };
      }
      case 'identity.issuer.changed': {
        const { settings, keys } = event.data;
        return held && { ...held, ...told(settings, open), ...(keys && { keys, keysUntil: null }) };
      }
      case 'identity.issuer.keys-fetched':
        return held && { ...held, keys: event.data.keys, keysUntil: event.data.keysUntil };
      case 'identity.issuer.disabled':
        return held && { ...held, status: 'disabled', notBefore: event.data.at };
      // Whoever held its keys meanwhile has made tokens in vain.
      case 'identity.issuer.enabled':
        return held && { ...held, status: 'active', notBefore: event.data.at };
      case 'identity.issuer.deleted':
        return held && { ...held, status: 'deleted', notBefore: event.data.at, keys: [], mappings: [] };
      case 'identity.issuer.own-published':
        return own(event.data);
    }
  },
};

function told({ issuer, audiences, tokenTypes, lifetimeSecondsMax, mappings }: IssuerSettings, open: OpenSealed) {
  return { issuer, audiences, tokenTypes, lifetimeSecondsMax, mappings: openMappings(mappings, open) };
}

/** Once the tenant's key is erased nobody is mapped to anything. */
export function openMappings(sealed: IssuerSettings['mappings'], open: OpenSealed): IssuerMapping[] {
  return Mappings.parse(JSON.parse(open(sealed) ?? '[]'));
}

type Own = Extract<IssuerEvent, { type: 'identity.issuer.own-published' }>['data'];

function own({ issuerId: id, tenantId, issuer, audiences, keys }: Own): IssuerRecord {
  return {
    id,
    tenantId,
    status: 'active',
    issuer,
    audiences,
    tokenTypes: ['at+jwt'],
    keys,
    keysUntil: null,
    lifetimeSecondsMax: ACCESS_TOKEN_SECONDS_MAX,
    notBefore: null,
    mappings: [],
  };
}
