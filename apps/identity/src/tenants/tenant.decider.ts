import {
  TenantCreated,
  TenantDeleted,
  TenantLabelled,
  TenantResumed,
  TenantSuspended,
  type Labels,
  type Sealed,
  type TenantEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import { requireLive, takesStep, type LifecycleStatus } from '../lifecycle.js';
import { sameLabels } from '../users/user.decider.js';

type Step<Type extends string> = { type: Type; tenantId: string; at: string; reason?: Sealed };
export type TenantCommand =
  | { type: 'CreateTenant'; tenantId: string; displayName: string; at: string }
  | { type: 'LabelTenant'; tenantId: string; at: string; labels: Labels }
  | Step<'SuspendTenant'>
  | Step<'ResumeTenant'>
  | Step<'DeleteTenant'>;
export type TenantState = { status: LifecycleStatus; labels: Labels };

export const tenantDecider: Decider<TenantState, TenantCommand, TenantEvent> = {
  initialState: () => ({ status: 'absent', labels: {} }),

  evolve: (state, event) => {
    switch (event.type) {
      case 'identity.tenant.created':
      case 'identity.tenant.resumed':
        return { ...state, status: 'active' };
      case 'identity.tenant.labelled':
        return { ...state, labels: event.data.labels };
      case 'identity.tenant.suspended':
        return { ...state, status: 'suspended' };
      case 'identity.tenant.deleted':
        return { ...state, status: 'deleted' };
    }
  },

  decide: (command, state) => {
    const { type, ...data } = command;
    switch (type) {
      case 'CreateTenant':
        // A deleted tenant's name stays taken: its records, revisions and decisions go on meaning what they meant.
        if (state.status !== 'absent')
          throw new DomainError('tenant/name-taken', 'This tenant name is already in use.');
        return [TenantCreated.of(data as never)];
      case 'LabelTenant': {
        requireLive('tenant', state, true);
        const { type: _, ...labelled } = command;
        return sameLabels(state.labels, labelled.labels) ? [] : [TenantLabelled.of(labelled)];
      }
      case 'SuspendTenant':
        return takesStep('tenant', state, true, 'suspend') ? [TenantSuspended.of(data)] : [];
      case 'ResumeTenant':
        return takesStep('tenant', state, true, 'resume') ? [TenantResumed.of(data)] : [];
      case 'DeleteTenant':
        return takesStep('tenant', state, true, 'delete') ? [TenantDeleted.of(data)] : [];
    }
  },
};
