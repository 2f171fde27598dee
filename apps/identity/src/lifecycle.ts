import { DomainError } from '#libs/decider';

/** What tenants, users and virtual accounts go through. `deleted` is final. */
export type LifecycleStatus = 'absent' | 'active' | 'suspended' | 'deleted';
export type LifecycleStep = 'suspend' | 'resume' | 'delete';

const after = { suspend: 'suspended', resume: 'active', delete: 'deleted' } as const;

/**
 * Whether the step changes anything: repeating a step is a success that changes nothing. What is absent, deleted or of
 * another tenant must look the same, so `owned` is asked before the status.
 */
export function takesStep(thing: string, state: { status: LifecycleStatus }, owned: boolean, step: LifecycleStep) {
  requireLive(thing, state, owned, step);
  return state.status !== after[step];
}

/** Refuses unless the thing exists, is the caller's tenant's and was not deleted (deleting twice is allowed). */
export function requireLive(thing: string, state: { status: LifecycleStatus }, owned: boolean, step?: LifecycleStep) {
  const gone = state.status === 'absent' || (state.status === 'deleted' && step !== 'delete');
  if (gone || !owned) throw new DomainError(`${thing}/not-found`, `No such ${thing.replace('-', ' ')}.`);
}
