import {
  IssuerChanged,
  IssuerDeleted,
  IssuerDisabled,
  IssuerEnabled,
  IssuerKeysFetched,
  IssuerTrusted,
  OWN_ISSUER_ID,
  OwnIssuerPublished,
  PLATFORM_TENANT,
  type IssuerEvent,
  type IssuerKey,
  type IssuerKeySource,
  type IssuerSettings,
  type Sealed,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';

type Named<Type extends string> = { type: Type; issuerId: string; tenantId: string; at: string };
type Step<Type extends string> = Named<Type> & { reason?: Sealed };
export type TrustIssuer = { type: 'TrustIssuer' } & z.output<typeof IssuerTrusted.schema>;
/** `fetchedFrom`, `issuer`: what was asked. An answer to a question that is not the issuer's any more changes nothing. */
export type SeeIssuerKeys = Named<'SeeIssuerKeys'> & {
  issuer: string;
  fetchedFrom: IssuerKeySource;
  keys: IssuerKey[];
  keysUntil: string;
};
export type PublishOwnIssuer = { type: 'PublishOwnIssuer' } & z.output<typeof OwnIssuerPublished.schema>;
export type IssuerCommand =
  | TrustIssuer
  | (Named<'ChangeIssuer'> & { settings: IssuerSettings; keys: IssuerKey[] | null })
  | SeeIssuerKeys
  | Step<'DisableIssuer'>
  | Step<'EnableIssuer'>
  | Step<'DeleteIssuer'>
  | PublishOwnIssuer;

type External = {
  status: 'active' | 'disabled' | 'deleted';
  tenantId: string;
  name: string;
  settings: IssuerSettings;
  keys: readonly IssuerKey[];
  keysUntil: string | null;
};
type Own = { status: 'own'; issuer: string; audiences: readonly string[]; keys: readonly IssuerKey[] };
export type IssuerState = { status: 'absent' } | Own | External;

/** Keys that were seen again unchanged become an event only when so much of their time is over: events stay for ever. */
const RENEWED_BELOW_MS = 16 * 3_600_000;

export const issuerDecider: Decider<IssuerState, IssuerCommand, IssuerEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (state, event) => {
    if (event.type === 'identity.issuer.trusted') {
      const { tenantId, name, settings, keys } = event.data;
      return { status: 'active', tenantId, name, settings, keys, keysUntil: null };
    }
    if (event.type === 'identity.issuer.own-published') {
      const { issuer, audiences, keys } = event.data;
      return { status: 'own', issuer, audiences, keys };
    }
    if (state.status === 'absent' || state.status === 'own') return state;
    switch (event.type) {
      case 'identity.issuer.changed': {
        const { settings, keys } = event.data;
        return { ...state, settings, ...(keys && { keys, keysUntil: null }) };
      }
      case 'identity.issuer.keys-fetched':
        return { ...state, keys: event.data.keys, keysUntil: event.data.keysUntil };
      case 'identity.issuer.disabled':
        return { ...state, status: 'disabled' };
      case 'identity.issuer.enabled':
        return { ...state, status: 'active' };
      case 'identity.issuer.deleted':
        return { ...state, status: 'deleted' };
    }
  },

  decide: (command, state) => {
    if (command.type === 'PublishOwnIssuer') return publishOwn(command, state);
    if (command.type === 'TrustIssuer') {
      if (state.status !== 'absent') throw new DomainError('issuer/id-taken', 'This issuer id is already in use.');
      const { type: _, ...data } = command;
      return [IssuerTrusted.of(data)];
    }
    // Our own changes by itself only, so it looks to everybody like another tenant's, a missing or a deleted one.
    const external = state.status === 'absent' || state.status === 'own' ? undefined : state;
    const gone = external?.status === 'deleted' && command.type !== 'DeleteIssuer';
    if (!external || external.tenantId !== command.tenantId || gone) {
      throw new DomainError('issuer/not-found', 'No such issuer.');
    }
    return change(command, external);
  },
};

function change(command: Exclude<IssuerCommand, TrustIssuer | PublishOwnIssuer>, issuer: External) {
  switch (command.type) {
    case 'ChangeIssuer': {
      const { type: _, ...data } = command;
      const sameSource = same(issuer.settings.keySource, data.settings.keySource);
      // Keys of another address are not this one's.
      const keys = data.keys ?? (sameSource && issuer.settings.issuer === data.settings.issuer ? null : []);
      return [IssuerChanged.of({ ...data, keys })];
    }
    case 'SeeIssuerKeys':
      return seeKeys(command, issuer);
    case 'DisableIssuer': {
      const { type: _, ...data } = command;
      return issuer.status === 'disabled' ? [] : [IssuerDisabled.of(data)];
    }
    case 'EnableIssuer': {
      const { type: _, ...data } = command;
      return issuer.status === 'active' ? [] : [IssuerEnabled.of(data)];
    }
    case 'DeleteIssuer': {
      const { type: _, ...data } = command;
      return issuer.status === 'deleted' ? [] : [IssuerDeleted.of(data)];
    }
  }
}

function seeKeys({ type: _, fetchedFrom, issuer: asked, ...data }: SeeIssuerKeys, issuer: External) {
  const { settings, keys, keysUntil } = issuer;
  const isStillAsked = settings.issuer === asked && same(settings.keySource, fetchedFrom);
  if (!isStillAsked || issuer.status !== 'active') return [];
  const leftMs = keysUntil === null ? 0 : Date.parse(keysUntil) - Date.parse(data.at);
  return same(keys, data.keys) && leftMs > RENEWED_BELOW_MS ? [] : [IssuerKeysFetched.of(data)];
}

function publishOwn({ type: _, ...data }: PublishOwnIssuer, state: IssuerState) {
  if (data.issuerId !== OWN_ISSUER_ID || data.tenantId !== PLATFORM_TENANT) {
    throw new DomainError('issuer/invalid', 'This is not our own issuer.');
  }
  const { issuer, audiences, keys } = data;
  const isUnchanged = state.status === 'own' && same({ status: 'own', issuer, audiences, keys }, state);
  return isUnchanged ? [] : [OwnIssuerPublished.of(data)];
}

/** Same content, whatever the order in which members are written. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
