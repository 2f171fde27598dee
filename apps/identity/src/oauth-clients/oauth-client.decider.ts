import {
  OAuthClientChanged,
  OAuthClientCreated,
  OAuthClientDeleted,
  OAuthClientDisabled,
  OAuthClientEnabled,
  OAuthClientSecretRotated,
  type ClientAuthMethod,
  type OAuthClientEvent,
  type OAuthClientSettings,
  type Sealed,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';
import { requireCoherent, takesAway } from './client-rules.js';

type Named<Type extends string> = { type: Type; clientId: string; tenantId: string; at: string };
type Step<Type extends string> = Named<Type> & { reason?: Sealed };
export type CreateOAuthClient = { type: 'CreateOAuthClient' } & z.output<typeof OAuthClientCreated.schema>;
export type RotateOAuthClientSecret = { type: 'RotateOAuthClientSecret' } & z.output<
  typeof OAuthClientSecretRotated.schema
>;
export type OAuthClientCommand =
  | CreateOAuthClient
  | (Named<'ChangeOAuthClient'> & { settings: OAuthClientSettings })
  | RotateOAuthClientSecret
  | Step<'DisableOAuthClient'>
  | Step<'EnableOAuthClient'>
  | Step<'DeleteOAuthClient'>;

type Held = {
  status: 'active' | 'disabled' | 'deleted';
  tenantId: string;
  authMethod: ClientAuthMethod;
  settings: OAuthClientSettings;
  /** Until when the former secret is still accepted. */
  overlapUntil: string | null;
};
export type OAuthClientState = { status: 'absent' } | Held;

export const oauthClientDecider: Decider<OAuthClientState, OAuthClientCommand, OAuthClientEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (state, event) => {
    if (event.type === 'identity.oauth-client.created') {
      const { tenantId, authMethod, settings } = event.data;
      return { status: 'active', tenantId, authMethod, settings, overlapUntil: null };
    }
    if (state.status === 'absent') return state;
    switch (event.type) {
      case 'identity.oauth-client.changed':
        return { ...state, settings: event.data.settings };
      case 'identity.oauth-client.secret-rotated':
        return { ...state, overlapUntil: event.data.overlapUntil };
      case 'identity.oauth-client.disabled':
        return { ...state, status: 'disabled' };
      case 'identity.oauth-client.enabled':
        return { ...state, status: 'active' };
      case 'identity.oauth-client.deleted':
        return { ...state, status: 'deleted' };
    }
  },

  decide: (command, state) => {
    if (command.type === 'CreateOAuthClient') {
      if (state.status !== 'absent')
        throw new DomainError('oauth-client/id-taken', 'This client id is already in use.');
      const { type: _, ...data } = command;
      requireCoherent(data.authMethod, data.settings);
      return [OAuthClientCreated.of(data)];
    }
    // Another tenant's client must look exactly like a missing one, and so must a deleted one.
    const isDeletion = command.type === 'DeleteOAuthClient';
    if (
      state.status === 'absent' ||
      state.tenantId !== command.tenantId ||
      (state.status === 'deleted' && !isDeletion)
    ) {
      throw new DomainError('oauth-client/not-found', 'No such client.');
    }
    return change(command, state);
  },
};

function change(command: Exclude<OAuthClientCommand, CreateOAuthClient>, client: Held): readonly OAuthClientEvent[] {
  switch (command.type) {
    case 'ChangeOAuthClient': {
      const { type: _, ...data } = command;
      requireCoherent(client.authMethod, data.settings);
      return [OAuthClientChanged.of({ ...data, endsTokens: takesAway(client.settings, data.settings) })];
    }
    case 'RotateOAuthClientSecret': {
      const { type: _, ...data } = command;
      requireRotatable(client, data.at);
      return [OAuthClientSecretRotated.of(data)];
    }
    case 'DisableOAuthClient': {
      const { type: _, ...data } = command;
      return client.status === 'disabled' ? [] : [OAuthClientDisabled.of(data)];
    }
    case 'EnableOAuthClient': {
      const { type: _, ...data } = command;
      return client.status === 'active' ? [] : [OAuthClientEnabled.of(data)];
    }
    case 'DeleteOAuthClient': {
      const { type: _, ...data } = command;
      return client.status === 'deleted' ? [] : [OAuthClientDeleted.of(data)];
    }
  }
}

function requireRotatable({ authMethod, overlapUntil }: Held, at: string) {
  if (authMethod !== 'client_secret_basic' && authMethod !== 'client_secret_post') {
    throw new DomainError('oauth-client/no-secret', 'This client has no secret; change its keys instead.');
  }
  // Two live secrets at most, and an overlap that was promised is kept.
  if (overlapUntil !== null && overlapUntil > at) {
    throw new DomainError('oauth-client/overlap-running', `The last rotation overlaps until ${overlapUntil}.`);
  }
}
