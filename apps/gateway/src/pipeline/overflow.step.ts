import { LimitRefusal, type Refusal } from '../refusals/refusal.js';
import { nextTarget } from '../routing/choose-target.js';
import { routeNamed } from '../routing/routes-in-force.js';
import { orderFor } from './authorise.step.js';
import type { Led, Reached } from './exchange.js';
import { mayCall } from './fall-back.step.js';
import type { GatewayParts } from './gateway-parts.js';

/**
 * Where a call goes that a limit does not let through, by that limit's `onExceed`: to the first target of the route that the
 * caller may use, that is well, and no dearer than what the limit refused. One that was led elsewhere already is led on
 * by the same route, and never by a second one. Undefined where the refusal is the answer.
 */
export function overflowStep(
  parts: Pick<GatewayParts, 'targets' | 'health'>,
  state: Reached,
  refusal: Refusal,
): Led | undefined {
  if (!(refusal instanceof LimitRefusal)) return undefined;
  const { snapshot } = state;
  const from = state.led?.isOverflow ? state.led : beginningOf(parts, state, refusal);
  if (!from) return undefined;
  const mayUse = (name: string) => name !== from.ceiling && mayCall(parts, snapshot, state, name);
  const next = nextTarget(from, { model: (name) => snapshot.model(name), mayUse });
  return next && { ...from, ...next, reason: 'redirected' };
}

/** Before its first target. */
function beginningOf(
  { health }: Pick<GatewayParts, 'health'>,
  state: Reached,
  { overflow, rule }: LimitRefusal,
): Led | undefined {
  const { snapshot, caller, metadata, model } = state;
  const route = overflow === undefined ? undefined : routeNamed(snapshot, overflow, { ...caller, metadata });
  if (!route) return undefined;
  return {
    target: model.name,
    reason: 'redirected',
    order: orderFor(health, route, state),
    at: -1,
    ceiling: model.name,
    rules: [route.rule, rule],
    isOverflow: true,
  };
}
