import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { ArtifactKind, Content } from '../artifacts/artifact-row.js';
import type { ArtifactTable } from '../artifacts/artifact-table.js';
import type { GrantTable } from '../artifacts/grant-table.js';
import type { ReplayTable } from '../artifacts/replay-table.js';
import type { Clients } from '../clients/clients.js';
import type { GrantEnds } from '../grant-ends.js';
import { rotationOf } from './refresh-retries.js';

/** What oidc-provider's models stand on. */
export type AdapterParts = {
  readonly artifacts: ArtifactTable;
  readonly grants: GrantTable;
  readonly replays: ReplayTable;
  readonly clients: Clients;
  readonly ends: GrantEnds;
};

const none = () => Promise.resolve(undefined);
const unused: Adapter = {
  upsert: none,
  find: none,
  findByUid: none,
  findByUserCode: none,
  consume: none,
  destroy: none,
  revokeByGrantId: none,
};

/** The adapter of one model, by its name. */
export function adapterOf(name: string, parts: AdapterParts): Adapter {
  switch (name) {
    case 'Client':
      return { ...unused, find: (id) => parts.clients.find(id) as Promise<AdapterPayload | undefined> };
    case 'Grant':
      return grantAdapter(parts);
    case 'ReplayDetection':
      return replayAdapter(parts);
    case 'RefreshToken':
      return { ...artifactAdapter(name, parts), ...rotatingAdapter(parts) };
    case 'AuthorizationCode':
    case 'AccessToken':
    case 'Session':
    case 'Interaction':
      return artifactAdapter(name, parts);
    default:
      // Models of features that are not enabled.
      return unused;
  }
}

function artifactAdapter(kind: ArtifactKind, { artifacts, ends, clients }: AdapterParts): Adapter {
  return {
    ...unused,
    upsert: (id, payload, seconds) => artifacts.put(kind, id, payload as Content, seconds ?? 0),
    find: (id) => artifacts.find(kind, id) as Promise<AdapterPayload | undefined>,
    findByUid: (uid) => artifacts.sessionByUid(uid) as Promise<AdapterPayload | undefined>,
    destroy: (id) => artifacts.remove(kind, id),
    consume: async (id) => {
      const content = await artifacts.find(kind, id);
      if (await artifacts.consume(kind, id)) return;
      // Somebody else was faster: it has been presented twice, and whatever it gave is taken back.
      const { grantId, clientId } = content ?? {};
      const tenantId = clientId === undefined ? undefined : await clients.tenantOf(clientId);
      if (grantId !== undefined && tenantId !== undefined) await ends.end({ kind: 'grant', id: grantId, tenantId });
      throw new errors.InvalidGrant('presented twice');
    },
  };
}

/** Consuming and storing the successor are one statement; of many at once, one successor is everybody's. */
function rotatingAdapter({ artifacts }: AdapterParts): Pick<Adapter, 'consume' | 'upsert'> {
  return {
    consume: (id) => {
      rotationOf().consumed = id;
      return Promise.resolve();
    },
    upsert: async (id, payload, seconds = 0) => {
      const rotation = rotationOf();
      const content = payload as Content;
      if (rotation.consumed === undefined) return artifacts.put('RefreshToken', id, content, seconds);
      const successor = await artifacts.rotate(rotation.consumed, id, content, seconds);
      if (successor === undefined) throw new errors.InvalidGrant('revoked while it was used');
      rotation.answered = successor;
    },
  };
}

function grantAdapter({ grants, clients, ends }: AdapterParts): Adapter {
  return {
    ...unused,
    upsert: async (id, payload, seconds = 0) => {
      const tenantId = await clients.tenantOf(String(payload.clientId));
      if (tenantId === undefined) throw new errors.InvalidClient('the client is gone');
      await grants.put(id, tenantId, payload as Content, seconds);
    },
    find: async (id) => (await grants.find(id))?.content as AdapterPayload | undefined,
    destroy: async (id) => {
      const grant = await grants.find(id);
      if (grant) await ends.end({ kind: 'grant', id, tenantId: grant.tenantId });
    },
  };
}

function replayAdapter({ replays }: AdapterParts): Adapter {
  return {
    ...unused,
    upsert: async (id, _payload, seconds = 0) => {
      if (!(await replays.isFirst(id, Date.now() + seconds * 1_000))) {
        throw new errors.InvalidClientAuth('client assertion tokens must only be used once');
      }
    },
  };
}
