import {
  ContentKeyCreated,
  ContentKeyDeleted,
  topics,
  type ContentKeyEvent,
  type ContentKeyRecord,
} from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** What gateways write with: the newest public key of each tenant. None is left where the newest was deleted. */
export const contentKeyState: StateProjection<ContentKeyEvent, ContentKeyRecord> = {
  topic: topics.auditContentKeys.name,
  types: [ContentKeyCreated.type, ContentKeyDeleted.type],
  keys: ({ data }) => [data.tenantId],
  project: (_key, held, event) => {
    const { tenantId, keyId } = event.data;
    if (event.type === ContentKeyCreated.type) return { tenantId, keyId, publicKey: event.data.publicKey };
    return held?.keyId === keyId ? undefined : held;
  },
};
