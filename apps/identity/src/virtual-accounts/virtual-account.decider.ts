import {
  VirtualAccountCreated,
  VirtualAccountDeleted,
  VirtualAccountLabelled,
  VirtualAccountMoved,
  VirtualAccountResumed,
  VirtualAccountRotationScheduled,
  VirtualAccountSuspended,
  type Labels,
  type RotationSchedule,
  type Sealed,
  type VirtualAccountEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import { requireLive, takesStep, type LifecycleStatus } from '../lifecycle.js';
import { sameLabels } from '../users/user.decider.js';

type Named<Type extends string> = { type: Type; virtualAccountId: string; tenantId: string; at: string };
type Step<Type extends string> = Named<Type> & { reason?: Sealed };
export type CreateVirtualAccount = Named<'CreateVirtualAccount'> & {
  name: string;
  team: string | null;
  labels: Labels;
  createdBy: string;
  operator: boolean;
};
export type VirtualAccountCommand =
  | CreateVirtualAccount
  | (Named<'MoveVirtualAccount'> & { team: string | null })
  | (Named<'LabelVirtualAccount'> & { labels: Labels })
  | (Named<'ScheduleVirtualAccountRotation'> & { schedule: RotationSchedule | null })
  | Step<'SuspendVirtualAccount'>
  | Step<'ResumeVirtualAccount'>
  | Step<'DeleteVirtualAccount'>;
export type VirtualAccountState = {
  status: LifecycleStatus;
  tenantId: string;
  name: string;
  team: string | null;
  labels: Labels;
  operator: boolean;
  /** By which all of its keys rotate; null for none. */
  rotation: RotationSchedule | null;
};

const absent = { tenantId: '', name: '', team: null, labels: {}, operator: false, rotation: null };

export const virtualAccountDecider: Decider<VirtualAccountState, VirtualAccountCommand, VirtualAccountEvent> = {
  initialState: () => ({ status: 'absent', ...absent }),

  evolve: (state, event) => {
    switch (event.type) {
      case 'identity.virtual-account.created': {
        const { tenantId, name, team, labels, operator } = event.data;
        return { status: 'active', tenantId, name, team, labels, operator, rotation: null };
      }
      case 'identity.virtual-account.moved':
        return { ...state, team: event.data.team };
      case 'identity.virtual-account.labelled':
        return { ...state, labels: event.data.labels };
      case 'identity.virtual-account.rotation-scheduled':
        return { ...state, rotation: event.data.schedule };
      case 'identity.virtual-account.suspended':
        return { ...state, status: 'suspended' };
      case 'identity.virtual-account.resumed':
        return { ...state, status: 'active' };
      case 'identity.virtual-account.deleted':
        return { ...state, status: 'deleted' };
    }
  },

  decide: (command, state) => {
    const owned = state.tenantId === command.tenantId;
    switch (command.type) {
      case 'CreateVirtualAccount': {
        if (state.status !== 'absent') throw new DomainError('virtual-account/id-taken', 'This id is already in use.');
        const { type: _, ...data } = command;
        return [VirtualAccountCreated.of(data)];
      }
      case 'MoveVirtualAccount': {
        requireLive('virtual-account', state, owned);
        // Whoever could stop its team could stop it.
        if (command.team !== null) requireDispensable(state);
        const { type: _, ...data } = command;
        return state.team === data.team ? [] : [VirtualAccountMoved.of(data)];
      }
      case 'LabelVirtualAccount': {
        requireLive('virtual-account', state, owned);
        const { type: _, ...data } = command;
        return sameLabels(state.labels, data.labels) ? [] : [VirtualAccountLabelled.of(data)];
      }
      case 'ScheduleVirtualAccountRotation': {
        requireLive('virtual-account', state, owned);
        const { type: _, ...data } = command;
        return sameSchedule(state.rotation, data.schedule) ? [] : [VirtualAccountRotationScheduled.of(data)];
      }
      case 'SuspendVirtualAccount': {
        const { type: _, ...data } = command;
        requireDispensable(state);
        return takesStep('virtual-account', state, owned, 'suspend') ? [VirtualAccountSuspended.of(data)] : [];
      }
      case 'ResumeVirtualAccount': {
        const { type: _, ...data } = command;
        return takesStep('virtual-account', state, owned, 'resume') ? [VirtualAccountResumed.of(data)] : [];
      }
      case 'DeleteVirtualAccount': {
        const { type: _, ...data } = command;
        requireDispensable(state);
        return takesStep('virtual-account', state, owned, 'delete') ? [VirtualAccountDeleted.of(data)] : [];
      }
    }
  },
};

function sameSchedule(one: RotationSchedule | null, other: RotationSchedule | null): boolean {
  if (one === null || other === null) return one === other;
  const { everySeconds, overlapSeconds, sink } = other;
  return one.everySeconds === everySeconds && one.overlapSeconds === overlapSeconds && one.sink === sink;
}

/** Without the operator nobody could start it again, nor anything else; a lost key is replaced by the bootstrap. */
function requireDispensable({ operator }: VirtualAccountState) {
  if (operator)
    throw new DomainError(
      'virtual-account/indispensable',
      'The operator can be neither stopped nor deleted, nor owned.',
    );
}
