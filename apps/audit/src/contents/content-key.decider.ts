import {
  ContentKeyCreated,
  ContentKeyDeleted,
  type ContentKeyDeletedCause,
  type ContentKeyEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';

type Created = Parameters<typeof ContentKeyCreated.of>[0];
export type CreateContentKey = { type: 'CreateContentKey' } & Created;
export type DeleteContentKey = {
  type: 'DeleteContentKey';
  tenantId: string;
  keyId: string;
  at: string;
  cause: ContentKeyDeletedCause;
};
export type ContentKeyState = { readonly status: 'absent' | 'there' | 'deleted'; readonly tenantId: string };

/** One pair of keys, from its making to its end. */
export const contentKeyDecider: Decider<ContentKeyState, CreateContentKey | DeleteContentKey, ContentKeyEvent> = {
  initialState: () => ({ status: 'absent', tenantId: '' }),

  evolve: (_state, { type, data: { tenantId } }) => ({
    status: type === ContentKeyCreated.type ? 'there' : 'deleted',
    tenantId,
  }),

  decide: (command, { status, tenantId }) => {
    if (command.type === 'CreateContentKey') {
      if (status !== 'absent') throw new DomainError('content-key/id-taken', 'This key id is already in use.');
      const { type: _, ...data } = command;
      return [ContentKeyCreated.of(data)];
    }
    // Another tenant's key must look exactly like a missing one.
    if (status === 'absent' || tenantId !== command.tenantId) {
      throw new DomainError('content-key/not-found', 'No such key.');
    }
    if (status === 'deleted') return [];
    const { type: _, ...data } = command;
    return [ContentKeyDeleted.of(data)];
  },
};
