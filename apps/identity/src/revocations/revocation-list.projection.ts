import { revocationEvents, type RevocationEvent, type RevocationKind } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

/** `id` is `<kind>/<about>`; `position` is the place of the last event in the store: what proofs are about. */
export type RevocationRow = {
  id: string;
  kind: RevocationKind;
  about: string;
  tenantId: string;
  at: string;
  until: string;
  position: number;
};

export const revocationList: ListProjection<RevocationEvent, RevocationRow> = {
  name: 'revocation_list_v1',
  types: revocationEvents.map((event) => event.type),
  place: ({ data: { kind, id, tenantId } }) => ({ id: `${kind}/${id}`, tenantId }),
  project: (_held, event, { position }) => {
    if (event.type === 'identity.revocation.forgotten') return undefined;
    const { kind, id, tenantId, at, until } = event.data;
    return { id: `${kind}/${id}`, kind, about: id, tenantId, at, until, position };
  },
};
