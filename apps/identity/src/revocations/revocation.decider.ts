import { RevocationForgotten, TokensRevoked, type RevocationEvent } from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';

export type RevokeTokens = { type: 'RevokeTokens' } & z.output<typeof TokensRevoked.schema>;
export type ForgetRevocation = { type: 'ForgetRevocation' } & z.output<typeof RevocationForgotten.schema>;
export type RevocationCommand = RevokeTokens | ForgetRevocation;
export type RevocationState =
  | { status: 'absent' }
  | { status: 'forgotten'; tenantId: string }
  | { status: 'made'; tenantId: string; at: string; until: string };

/** Nothing issued until a moment is accepted; a later revocation of the same moves the moment on, and none moves it back. */
export const revocationDecider: Decider<RevocationState, RevocationCommand, RevocationEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (_state, event) => {
    const { tenantId, at } = event.data;
    if (event.type === 'identity.revocation.forgotten') return { status: 'forgotten', tenantId };
    return { status: 'made', tenantId, at, until: event.data.until };
  },

  decide: (command, state) => {
    if (state.status !== 'absent' && state.tenantId !== command.tenantId) {
      throw new DomainError('revocation/not-found', 'No such revocation.');
    }
    if (command.type === 'ForgetRevocation') {
      const { type: _, ...data } = command;
      return state.status === 'made' && state.until <= data.at ? [RevocationForgotten.of(data)] : [];
    }
    const { type: _, ...data } = command;
    if (state.status !== 'made') return [TokensRevoked.of(data)];
    const until = data.until > state.until ? data.until : state.until;
    return data.at > state.at ? [TokensRevoked.of({ ...data, until })] : [];
  },
};
