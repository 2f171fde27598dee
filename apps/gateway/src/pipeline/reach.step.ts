import { Refusal } from '../refusals/refusal.js';
import type { TargetFault } from '../upstreams/upstream-target.js';
import { advance, type Authorised, type Reached, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** Where the call goes and with which credential; found before the decision is recorded, so that it says the truth. */
export function reachStep({ targets }: Pick<GatewayParts, 'targets'>, state: Authorised): StepAnswer<Reached> {
  const target = targets.of(state.model, state.route.id);
  if (typeof target !== 'string') return advance(state, { target });
  return target === 'operation_unknown' ? notOffered(state) : faults[target]();
}

const refuse = (what: string) => () =>
  new Refusal('upstream_error', 'upstream_credential_missing', `${what} An administrator has to look at it.`);

/** Told only to who may call the model: they have to name another, or use another operation. */
function notOffered({ call, route }: Authorised): Refusal {
  const message = `The provider of '${call.model}' does not offer ${route.path}.`;
  return new Refusal('invalid_request', 'invalid_request', message, 'model');
}

const faults: Record<Exclude<TargetFault, 'operation_unknown'>, () => Refusal> = {
  unreadable: refuse('The address of the provider account cannot be read.'),
  not_permitted: refuse('The address of the provider account is not permitted.'),
  credential_missing: refuse('The provider account has no credential for its address.'),
};
