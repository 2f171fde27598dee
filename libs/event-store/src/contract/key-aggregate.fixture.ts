import { Sealed } from '#libs/contracts';
import { defineEvent, DomainError, type Decider, type StateProjection } from '#libs/decider';
import { z } from 'zod';
import type { Aggregate } from '../aggregate.js';

const Key = z.object({ keyId: z.string() });

/** A small key with everything a real one has: a retired version, a sealed field, a state record. */
export const KeyIssued = defineEvent('spec.key.issued', Key.extend({ name: Sealed, models: z.array(z.string()) }), [
  ({ model, ...rest }: { model: string }) => ({ ...rest, models: [model] }),
]);
export const KeyUsed = defineEvent('spec.key.used', Key.extend({ by: z.string() }));
export const KeyRevoked = defineEvent('spec.key.revoked', Key);
export const KeyForgotten = defineEvent('spec.key.forgotten', Key);
const definitions = [KeyIssued, KeyUsed, KeyRevoked, KeyForgotten] as const;
export type KeyEvent = ReturnType<(typeof definitions)[number]['of']>;

export type KeyState = { status: 'absent' | 'active' | 'revoked' | 'forgotten'; uses: number };
export type KeyCommand =
  | { do: 'issue'; keyId: string; name: Sealed; models?: string[] }
  | { do: 'use'; keyId: string; by: string }
  | { do: 'revoke' | 'forget'; keyId: string };
export type KeyRecord = { keyId: string; status: 'active' | 'revoked'; name: string | null; uses: number };

const keyDecider: Decider<KeyState, KeyCommand, KeyEvent> = {
  initialState: () => ({ status: 'absent', uses: 0 }),
  evolve: (state, event) => {
    switch (event.type) {
      case 'spec.key.issued':
        return { status: 'active', uses: 0 };
      case 'spec.key.used':
        return { ...state, uses: state.uses + 1 };
      case 'spec.key.revoked':
        return { ...state, status: 'revoked' };
      case 'spec.key.forgotten':
        return { ...state, status: 'forgotten' };
    }
  },
  decide: (command, state) => {
    const { keyId } = command;
    switch (command.do) {
      case 'issue':
        if (state.status !== 'absent') throw new DomainError('key/id-taken', 'This key id is already in use.');
        return [KeyIssued.of({ keyId, name: command.name, models: command.models ?? [] })];
      case 'use':
        if (state.status !== 'active') throw new DomainError('key/not-active', 'The key is not active.');
        return [KeyUsed.of({ keyId, by: command.by })];
      case 'revoke':
        return state.status === 'active' ? [KeyRevoked.of({ keyId })] : [];
      case 'forget':
        return state.status === 'revoked' ? [KeyForgotten.of({ keyId })] : [];
    }
  },
};

const keyState = (topic: string): StateProjection<KeyEvent, KeyRecord> => ({
  topic,
  types: definitions.map(({ type }) => type),
  keys: ({ data }) => [`key/${data.keyId}`],
  project: (_key, held, event, open) => {
    switch (event.type) {
      case 'spec.key.issued':
        return { keyId: event.data.keyId, status: 'active', name: open(event.data.name) ?? null, uses: 0 };
      case 'spec.key.used':
        return held && { ...held, uses: held.uses + 1 };
      case 'spec.key.revoked':
        return held && { ...held, status: 'revoked' };
      case 'spec.key.forgotten':
        return undefined;
    }
  },
});

/** The aggregate, publishing its state records to `topic`. */
export const keyAggregate = (topic: string): Aggregate<KeyState, KeyCommand, KeyEvent> => ({
  name: 'spec.key',
  decider: keyDecider,
  events: definitions,
  states: [keyState(topic)],
});
