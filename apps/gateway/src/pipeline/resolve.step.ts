import { refuseMetadata } from '../metadata/required-metadata.js';
import { Refusal } from '../refusals/refusal.js';
import { routeFor } from '../routing/routes-in-force.js';
import { decideCall } from './decide-call.js';
import { advance, type Authenticated, type Governed, type Read, type Resolved, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** The policy that decides for the caller's tenant, as it is now. */
export function governStep<State extends Authenticated>(
  { policy }: Pick<GatewayParts, 'policy'>,
  state: State,
): StepAnswer<State & Governed> {
  const snapshot = policy.snapshot(state.caller.tenantId);
  if (snapshot) return advance(state, { snapshot });
  return new Refusal('not_ready', 'not_ready', 'The policy of this tenant is not complete here yet; try again.');
}

/** The model that would really be called. An unknown one goes on: its refusal must be that of an ungranted one. */
export function resolveStep(state: Read & Governed): StepAnswer<Resolved> {
  const { snapshot, call, caller, metadata } = state;
  const wrong = refuseMetadata(snapshot, metadata);
  if (wrong) return wrong;
  const leadingRoute = routeFor(snapshot, call.model, { principal: caller.principal, metadata }, (name) =>
    mayUseRoute(state, name),
  );
  if (!leadingRoute && !isNameOfModel(call.model)) return refuseName('invalid_request');
  return advance(state, { model: snapshot.model(call.model), leadingRoute });
}

function mayUseRoute(state: Read & Governed, name: string): boolean {
  return decideCall(state.snapshot, state, 'route:read', { type: 'route', path: name }).allowed;
}

const accountAndModel = /^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._:-]*$/u;

/** A name without an account that leads this caller nowhere; whether it leads others somewhere is not told. */
export function refuseName(reason: Refusal['reason']): Refusal {
  const message = "'model' must read <provider account>/<model>, or name a route that this credential may use.";
  return new Refusal('missing_provider_account', reason, message, 'model');
}

/** Whether a text has the form of a model's name. */
export const isNameOfModel = (text: string): boolean => accountAndModel.test(text);
