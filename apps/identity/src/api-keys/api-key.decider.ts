import {
  ApiKeyIssued,
  ApiKeyResumed,
  ApiKeyRevoked,
  ApiKeyRotated,
  ApiKeyRotationFailed,
  ApiKeyRotationPrepared,
  ApiKeyRotationScheduled,
  ApiKeySuspended,
  ApiKeyUsed,
  type ApiKeyEvent,
  type Sealed,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';

type Named<Type extends string> = { type: Type; keyId: string; tenantId: string; at: string };
export type IssueApiKey = { type: 'IssueApiKey' } & z.output<typeof ApiKeyIssued.schema>;
export type RotateApiKey = { type: 'RotateApiKey' } & z.output<typeof ApiKeyRotated.schema>;
export type SuspendApiKey = Named<'SuspendApiKey'> & { reason?: Sealed; leaked: boolean };
export type ResumeApiKey = Named<'ResumeApiKey'> & { reason?: Sealed };
export type RevokeApiKey = Named<'RevokeApiKey'> & { reason?: Sealed; cause?: 'unused' };
/** Tells guards of a use, unless what they know is less than `stepMs` older. */
export type NoteApiKeyUse = Named<'NoteApiKeyUse'> & { usedAt: string; stepMs: number };
export type ScheduleApiKeyRotation = { type: 'ScheduleApiKeyRotation' } & z.output<
  typeof ApiKeyRotationScheduled.schema
>;
export type PrepareApiKeyRotation = { type: 'PrepareApiKeyRotation' } & z.output<typeof ApiKeyRotationPrepared.schema>;
/** What was prepared becomes the key's own secret. */
export type CompleteApiKeyRotation = { type: 'CompleteApiKeyRotation' } & z.output<typeof ApiKeyRotated.schema>;
export type FailApiKeyRotation = Named<'FailApiKeyRotation'> & { sink: string; code: string; nextAt: string };
export type ApiKeyCommand =
  | IssueApiKey
  | RotateApiKey
  | SuspendApiKey
  | ResumeApiKey
  | RevokeApiKey
  | NoteApiKeyUse
  | RotationCommand;
type RotationCommand = ScheduleApiKeyRotation | PrepareApiKeyRotation | CompleteApiKeyRotation | FailApiKeyRotation;

type Live = {
  status: 'active' | 'suspended' | 'revoked';
  tenantId: string;
  expiresAt: string | null;
  /** Until when the former secret is still accepted. */
  overlapUntil: string | null;
  /** The last use that guards were told of. */
  usedAt: string | null;
  /** MAC of a secret that is being handed to the key's sink. */
  preparedMac: string | null;
  /** Rotations that the sink did not take, one after the other. */
  rotationFailures: number;
};
export type ApiKeyState = { status: 'absent' } | Live;

export const apiKeyDecider: Decider<ApiKeyState, ApiKeyCommand, ApiKeyEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (state, event) => {
    if (event.type === 'identity.api-key.issued') {
      const { tenantId, expiresAt } = event.data;
      return {
        status: 'active',
        tenantId,
        expiresAt,
        overlapUntil: null,
        usedAt: null,
        preparedMac: null,
        rotationFailures: 0,
      };
    }
    // The first event of the stream is the issue, so there is a key by now.
    if (state.status === 'absent') return state;
    switch (event.type) {
      case 'identity.api-key.rotated':
        return { ...state, ...afterRotation(event.data) };
      case 'identity.api-key.rotation-scheduled':
        return { ...state, rotationFailures: 0 };
      case 'identity.api-key.rotation-prepared':
        return { ...state, preparedMac: event.data.mac };
      case 'identity.api-key.rotation-failed':
        return { ...state, preparedMac: null, rotationFailures: event.data.failures };
      case 'identity.api-key.suspended':
        return { ...state, status: 'suspended' };
      case 'identity.api-key.resumed':
        return { ...state, status: 'active' };
      case 'identity.api-key.revoked':
        return { ...state, status: 'revoked', overlapUntil: null, preparedMac: null };
      case 'identity.api-key.used':
        return { ...state, usedAt: event.data.usedAt };
    }
  },

  decide: (command, state) => {
    if (command.type === 'IssueApiKey') {
      if (state.status !== 'absent') throw new DomainError('api-key/id-taken', 'This key id is already in use.');
      const { type: _, ...data } = command;
      return [ApiKeyIssued.of(data)];
    }
    // Another tenant's key must look exactly like a missing one.
    if (state.status === 'absent' || state.tenantId !== command.tenantId) {
      throw new DomainError('api-key/not-found', 'No such key.');
    }
    return change(command, state);
  },
};

function change(command: Exclude<ApiKeyCommand, IssueApiKey>, key: Live): readonly ApiKeyEvent[] {
  switch (command.type) {
    case 'RotateApiKey': {
      requireRotatable(key, command.at);
      const { type: _, ...data } = command;
      return [ApiKeyRotated.of(data)];
    }
    case 'SuspendApiKey': {
      requireNotRevoked(key);
      const { type: _, ...data } = command;
      return key.status === 'suspended' ? [] : [ApiKeySuspended.of(data)];
    }
    case 'ResumeApiKey': {
      requireNotRevoked(key);
      const { type: _, ...data } = command;
      return key.status === 'active' ? [] : [ApiKeyResumed.of(data)];
    }
    case 'RevokeApiKey': {
      const { type: _, ...data } = command;
      return key.status === 'revoked' ? [] : [ApiKeyRevoked.of(data)];
    }
    case 'NoteApiKeyUse': {
      const { type: _, stepMs, ...data } = command;
      const isNews = key.usedAt === null || Date.parse(data.usedAt) - Date.parse(key.usedAt) >= stepMs;
      return key.status !== 'revoked' && isNews ? [ApiKeyUsed.of(data)] : [];
    }
    default:
      return changeRotation(command, key);
  }
}

/** Rotation by itself, into a sink. */
function changeRotation(command: RotationCommand, key: Live): readonly ApiKeyEvent[] {
  switch (command.type) {
    case 'ScheduleApiKeyRotation': {
      requireNotRevoked(key);
      const { type: _, ...data } = command;
      return [ApiKeyRotationScheduled.of(data)];
    }
    case 'PrepareApiKeyRotation': {
      requireRotatable(key, command.at);
      const { type: _, ...data } = command;
      return [ApiKeyRotationPrepared.of(data)];
    }
    case 'CompleteApiKeyRotation': {
      requireRotatable(key, command.at);
      const { type: _, ...data } = command;
      if (data.mac !== key.preparedMac) {
        throw new DomainError('api-key/rotation-superseded', 'Another rotation has taken the place of this one.');
      }
      return [ApiKeyRotated.of(data)];
    }
    case 'FailApiKeyRotation': {
      const { type: _, ...data } = command;
      if (key.status === 'revoked') return [];
      return [ApiKeyRotationFailed.of({ ...data, failures: key.rotationFailures + 1 })];
    }
  }
}

function afterRotation({ expiresAt, overlapUntil }: { expiresAt: string | null; overlapUntil: string }) {
  return { expiresAt, overlapUntil, preparedMac: null, rotationFailures: 0 };
}

function requireNotRevoked(key: Live) {
  if (key.status === 'revoked') throw new DomainError('api-key/revoked', 'This key was revoked; issue a new one.');
}

function requireRotatable(key: Live, at: string) {
  requireNotRevoked(key);
  if (key.status === 'suspended') throw new DomainError('api-key/suspended', 'Resume this key before rotating it.');
  if (key.expiresAt !== null && key.expiresAt <= at) {
    throw new DomainError('api-key/expired', 'This key has expired; issue a new one.');
  }
  // Two live secrets at most, and an overlap that was promised is kept.
  if (key.overlapUntil !== null && key.overlapUntil > at) {
    throw new DomainError('api-key/overlap-running', `The last rotation overlaps until ${key.overlapUntil}.`);
  }
}
