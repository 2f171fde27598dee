import {
  UserDeactivated,
  UserErased,
  UserLabelled,
  UserRegistered,
  UserResumed,
  UserSuspended,
  type Labels,
  type Sealed,
  type UserEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import { requireLive, takesStep, type LifecycleStatus } from '../lifecycle.js';

type Named<Type extends string> = { type: Type; userId: string; tenantId: string; at: string };
type Step<Type extends string> = Named<Type> & { reason?: Sealed };
export type RegisterUser = Named<'RegisterUser'> & { email: Sealed; displayName?: Sealed; labels: Labels };
export type LabelUser = Named<'LabelUser'> & { labels: Labels };
export type UserCommand =
  | RegisterUser
  | LabelUser
  | Named<'EraseUser'>
  | Named<'RequireActiveUser'>
  | Step<'SuspendUser'>
  | Step<'ResumeUser'>
  | Step<'DeactivateUser'>;
export type UserState = { status: LifecycleStatus; tenantId: string; labels: Labels; erased: boolean };

export const userDecider: Decider<UserState, UserCommand, UserEvent> = {
  initialState: () => ({ status: 'absent', tenantId: '', labels: {}, erased: false }),

  evolve: (state, event) => {
    switch (event.type) {
      case 'identity.user.registered':
        return { ...state, status: 'active', tenantId: event.data.tenantId, labels: event.data.labels };
      case 'identity.user.labelled':
        return { ...state, labels: event.data.labels };
      case 'identity.user.suspended':
        return { ...state, status: 'suspended' };
      case 'identity.user.resumed':
        return { ...state, status: 'active' };
      case 'identity.user.deactivated':
        return { ...state, status: 'deleted' };
      case 'identity.user.erased':
        return { ...state, erased: true };
    }
  },

  decide: (command, state) => {
    const owned = state.tenantId === command.tenantId;
    switch (command.type) {
      case 'RegisterUser': {
        if (state.status !== 'absent') throw new DomainError('user/id-taken', 'This user id is already in use.');
        const { type: _, ...data } = command;
        return [UserRegistered.of(data)];
      }
      case 'LabelUser': {
        requireLive('user', state, owned);
        const { type: _, ...data } = command;
        return sameLabels(state.labels, data.labels) ? [] : [UserLabelled.of(data)];
      }
      case 'SuspendUser': {
        const { type: _, ...data } = command;
        return takesStep('user', state, owned, 'suspend') ? [UserSuspended.of(data)] : [];
      }
      case 'ResumeUser': {
        const { type: _, ...data } = command;
        return takesStep('user', state, owned, 'resume') ? [UserResumed.of(data)] : [];
      }
      case 'DeactivateUser': {
        const { type: _, ...data } = command;
        return takesStep('user', state, owned, 'delete') ? [UserDeactivated.of(data)] : [];
      }
      case 'RequireActiveUser': {
        requireLive('user', state, owned);
        if (state.status !== 'active') throw new DomainError('user/suspended', 'This user is suspended.');
        // Nothing happens to the user; whatever else is decided with it holds only while nothing has.
        return [];
      }
      case 'EraseUser': {
        const { type: _, ...data } = command;
        const isLive = takesStep('user', state, owned, 'delete');
        if (state.erased) return [];
        return [...(isLive ? [UserDeactivated.of(data)] : []), UserErased.of(data)];
      }
    }
  },
};

/** Whether two label maps say the same, whatever the order of their keys. */
export function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
