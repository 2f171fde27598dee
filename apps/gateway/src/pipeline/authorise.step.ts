import type { CatalogueModel, Decision } from '#libs/decision-engine';
import { Refusal } from '../refusals/refusal.js';
import type { ModelRoute } from '../routes/route.js';
import { decideCall } from './decide-call.js';
import {
  advance,
  type Led,
  type Authenticated,
  type Authorised,
  type Governed,
  type Resolved,
  type Known,
  type StepAnswer,
} from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';
import { isNameOfModel, refuseName } from './resolve.step.js';
import { chooseTarget, nextTarget } from '../routing/choose-target.js';
import { goesOnWithout } from '../routing/fallback-cause.js';
import { holderOf } from '../routing/holder-of.js';
import type { CompiledRoute } from '../routing/routes-in-force.js';
import { targetOrder } from '../routing/target-order.js';

/** May this caller have this model called, for this operation, now? The lease is looked at last. */
export function authoriseStep(parts: Pick<GatewayParts, 'feed' | 'health'>, state: Resolved): StepAnswer<Authorised> {
  const { route, call } = state;
  const led = leadOn(parts, state);
  const model = led ? state.snapshot.model(led.target) : state.model;
  const decision = decisionOn(state, led?.target ?? call.model);
  const known = advance(state, { decision, led });
  const staleMs = freshStep(parts, known);
  if (staleMs instanceof Refusal) return staleMs;
  if (!decision.allowed || !model) return refusalOf(decision, call.model);
  if (!canServe(model, route)) {
    const message = `The model '${call.model}' does not serve this operation.`;
    return new Refusal('invalid_request', 'invalid_request', message, 'model');
  }
  return advance(known, { model, staleMs });
}

/** By the types of the model's document. */
export function canServe({ types }: CatalogueModel, { modelTypes }: ModelRoute): boolean {
  return modelTypes.some((type) => types.includes(type));
}

/** May the caller use this very model? Asked of each that a route could lead to. */
function decisionOn(state: Resolved, path: string): Decision {
  return decideCall(state.snapshot, state, state.route.action, { type: 'model', path });
}

/**
 * Where a route leads this caller; to its first target, whose refusal is then the answer, where it may use none. One whose
 * upstream fails at the moment is passed over as it would be once it had failed again.
 */
function leadOn({ health }: Pick<GatewayParts, 'health'>, state: Resolved): Led | undefined {
  const { leadingRoute, snapshot, route, caller } = state;
  const { attempt, led }: Known = state;
  // A further attempt goes where the one before led it.
  if (attempt !== undefined) return led;
  if (!leadingRoute) return undefined;
  const model = (name: string) => snapshot.model(name);
  const serves = (name: string) => {
    const found = model(name);
    return found !== undefined && canServe(found, route);
  };
  const mayUse = (name: string) => serves(name) && decisionOn(state, name).allowed;
  const isWell = (name: string) => health.waitMs(caller.tenantId, name) === 0;
  const { isAllowed, ...choice } = chooseTarget(leadingRoute, orderFor(health, leadingRoute, state), { model, mayUse });
  const how = { rules: [leadingRoute.rule], isOverflow: false };
  if (!isAllowed || isWell(choice.target) || !goesOnWithout(choice.order[choice.at]?.fallbackOn ?? []))
    return { ...how, ...choice };
  const further = nextTarget(choice, { model, mayUse: (name) => isWell(name) && mayUse(name) });
  return { ...how, ...(further ?? choice) };
}

/** The targets of a route as one call has them. */
export function orderFor(health: GatewayParts['health'], route: CompiledRoute, { caller, atMs }: Authenticated) {
  const holder = route.sticky && holderOf(route.sticky, caller);
  const firstByteMs = (name: string) => health.firstByteMs(caller.tenantId, name);
  return targetOrder(route, { random: Math.random, holder, nowMs: atMs, firstByteMs });
}

/** How stale a decision made now is, or that none may be made. */
export function freshStep(
  { feed }: Pick<GatewayParts, 'feed'>,
  { snapshot }: Authenticated & Governed,
): StepAnswer<number> {
  const { serve, staleMs } = feed.freshness(snapshot.settings?.staleServeSeconds);
  if (serve) return Math.round(staleMs);
  const message = 'This replica may have missed changes and decides nothing until it has caught up.';
  return new Refusal('snapshot_stale', 'stale', message, null, { 'retry-after': '1' });
}

/** The texts tell nothing that the code does not: an ungranted and an unknown model read the same. */
const messages: Record<NonNullable<Decision['code']>, string> = {
  model_not_allowed: 'The model does not exist or this credential may not use it.',
  environment_not_allowed: 'This credential may not use models of this environment.',
  action_not_allowed: 'This credential may not do this with the model.',
  untagged_resource: 'The model has no environment and cannot be used until it has one.',
  insufficient_scope: 'The scope of this credential does not reach this.',
  ip_not_allowed: 'This credential may not be used from this address.',
};

function refusalOf({ code, reason }: Decision, asked: string): Refusal {
  const told = code ?? 'model_not_allowed';
  if (told === 'model_not_allowed' && !isNameOfModel(asked)) return refuseName(reason);
  return new Refusal(told, reason, messages[told], 'model');
}
