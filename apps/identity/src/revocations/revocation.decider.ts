import { TokensRevoked, type RevocationEvent } from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';

export type RevokeTokens = { type: 'RevokeTokens' } & z.output<typeof TokensRevoked.schema>;
export type RevocationState = { status: 'absent' } | { status: 'made'; tenantId: string; at: string; until: string };

/** Nothing issued until a moment is accepted; a later revocation of the same moves the moment on, and none moves it back. */
export const revocationDecider: Decider<RevocationState, RevokeTokens, RevocationEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (_state, { data: { tenantId, at, until } }) => ({ status: 'made', tenantId, at, until }),

  decide: ({ type: _, ...data }, state) => {
    if (state.status === 'absent') return [TokensRevoked.of(data)];
    if (state.tenantId !== data.tenantId) throw new DomainError('revocation/not-found', 'No such revocation.');
    const until = data.until > state.until ? data.until : state.until;
    return data.at > state.at ? [TokensRevoked.of({ ...data, until })] : [];
  },
};
