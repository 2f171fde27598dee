import { engineRequest } from '#libs/access';
import { decide, type Decision } from '#libs/decision-engine';
import { Refusal } from '../refusals/refusal.js';
import {
  advance,
  type Authenticated,
  type Authorised,
  type Governed,
  type Resolved,
  type StepAnswer,
} from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** May this caller have this model called, for this operation, now? The lease is looked at last. */
export function authoriseStep({ feed }: Pick<GatewayParts, 'feed'>, state: Resolved): StepAnswer<Authorised> {
  const { caller, route, call, snapshot, model, ip, atMs } = state;
  const resource = { type: 'model', path: call.model };
  const circumstances = { operation: route.operation, ip, timeMs: atMs, metadata: call.metadata };
  const decision = decide(snapshot, engineRequest(caller, route.action, resource, circumstances));
  const known = advance(state, { decision });
  const staleMs = freshStep({ feed }, known);
  if (staleMs instanceof Refusal) return staleMs;
  if (!decision.allowed || !model) return refusalOf(decision);
  if (route.modelType !== null && !model.types.some((type) => type === route.modelType)) {
    const message = `The model '${call.model}' does not serve this operation.`;
    return new Refusal('invalid_request', 'invalid_request', message, 'model');
  }
  return advance(known, { model, staleMs });
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

function refusalOf({ code, reason }: Decision): Refusal {
  const told = code ?? 'model_not_allowed';
  return new Refusal(told, reason, messages[told], 'model');
}
