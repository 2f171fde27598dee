import {
  TenantCreated,
  TenantDeleted,
  TenantResumed,
  TenantSuspended,
  type Sealed,
  type TenantEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import { takesStep, type LifecycleStatus } from '../lifecycle.js';

type Step<Type extends string> = { type: Type; tenantId: string; at: string; reason?: Sealed };
export type TenantCommand =
  | { type: 'CreateTenant'; tenantId: string; displayName: string; at: string }
  | Step<'SuspendTenant'>
  | Step<'ResumeTenant'>
  | Step<'DeleteTenant'>;
export type TenantState = { status: LifecycleStatus };

export const tenantDecider: Decider<TenantState, TenantCommand, TenantEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (_state, event) => {
    switch (event.type) {
      case 'identity.tenant.created':
      case 'identity.tenant.resumed':
        return { status: 'active' };
      case 'identity.tenant.suspended':
        return { status: 'suspended' };
      case 'identity.tenant.deleted':
        return { status: 'deleted' };
    }
  },

  decide: ({ type, ...data }, state) => {
    switch (type) {
      case 'CreateTenant':
        // A deleted tenant's name stays taken: its records, revisions and decisions go on meaning what they meant.
        if (state.status !== 'absent')
          throw new DomainError('tenant/name-taken', 'This tenant name is already in use.');
        return [TenantCreated.of(data as never)];
      case 'SuspendTenant':
        return takesStep('tenant', state, true, 'suspend') ? [TenantSuspended.of(data)] : [];
      case 'ResumeTenant':
        return takesStep('tenant', state, true, 'resume') ? [TenantResumed.of(data)] : [];
      case 'DeleteTenant':
        return takesStep('tenant', state, true, 'delete') ? [TenantDeleted.of(data)] : [];
    }
  },
};
