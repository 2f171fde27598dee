import { apiKeyEvents, credentialKey, topics, type ApiKeyEvent, type CredentialRecord } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** Published in the transaction of the event. A revoked key stays as a record: a missing one could be re-sent. */
export const credentialState: StateProjection<ApiKeyEvent, CredentialRecord> = {
  topic: topics.identityState.name,
  types: apiKeyEvents.map((event) => event.type),
  keys: (event) => [credentialKey(event.data.keyId)],
  project: (_key, held, event) => {
    switch (event.type) {
      case 'identity.api-key.issued': {
        const { at, name: _name, redacted: _redacted, mac, pepperVersion, ...rest } = event.data;
        const secrets = [{ mac, pepperVersion, until: null }];
        return { ...rest, status: 'active', secrets, issuedAt: at, rotatedAt: null };
      }
      case 'identity.api-key.rotated':
        return held && works(rotated(held, event.data));
      case 'identity.api-key.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.api-key.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.api-key.revoked':
        return held && { ...held, status: 'revoked' };
      // Beside the present secret, in the place of one that was being superseded: two at most.
      case 'identity.api-key.rotation-prepared':
        return held && { ...held, secrets: [...held.secrets.slice(0, 1), prepared(event.data)] };
      case 'identity.api-key.rotation-failed':
        return held && failing(held, event.data);
      case 'identity.api-key.rotation-scheduled':
        return held && works(held);
      case 'identity.api-key.used':
        return held && { ...held, lastUsedAt: event.data.usedAt };
    }
  },
};

const prepared = ({ mac, pepperVersion, until }: { mac: string; pepperVersion: number; until: string }) => {
  return { mac, pepperVersion, until };
};

function failing(held: CredentialRecord, { sink, at: since }: { sink: string; at: string }): CredentialRecord {
  return { ...held, secrets: held.secrets.slice(0, 1), rotationFailing: held.rotationFailing ?? { sink, since } };
}

function works({ rotationFailing: _, ...record }: CredentialRecord): CredentialRecord {
  return record;
}

type Rotation = { mac: string; pepperVersion: number; overlapUntil: string; expiresAt: string | null; at: string };

function rotated(held: CredentialRecord, { mac, pepperVersion, overlapUntil, expiresAt, at }: Rotation) {
  const former = held.secrets.slice(0, 1).map((secret) => ({ ...secret, until: overlapUntil }));
  const current = { mac, pepperVersion, until: null };
  return { ...held, secrets: overlapUntil > at ? [current, ...former] : [current], rotatedAt: at, expiresAt };
}
