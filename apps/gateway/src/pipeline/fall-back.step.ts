import { setTimeout } from 'node:timers/promises';
import type { TenantSnapshot } from '#libs/decision-engine';
import { decisionIdAt } from '../edge/decision-id.js';
import { labelledMetadata } from '../metadata/labelled-metadata.js';
import { Refusal } from '../refusals/refusal.js';
import { nextTarget } from '../routing/choose-target.js';
import type { GoingOn } from '../relay/relay-outcome.js';
import { canServe } from './authorise.step.js';
import { authenticateStep } from './authenticate.step.js';
import { decideCall } from './decide-call.js';
import { advance, type Known, type Led, type Read, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** How a call goes on behind a target that cannot say it: nothing was called, and it is not asked a second time. */
export const passedOver: GoingOn = { retryAfterMs: Infinity };

type Parts = Pick<GatewayParts, 'policy' | 'targets' | 'health' | 'bounds'>;

/** The target that a call could go on to, were this attempt to fail. */
export function targetBehind(parts: Parts, state: Read, retryAfterMs = 0): Led | undefined {
  const { led, attempt = 1 }: Known = state;
  const { attemptsMax, waitMsMax } = parts.bounds.retry;
  const snapshot = parts.policy.snapshot(state.caller.tenantId);
  if (!led || !snapshot || attempt >= attemptsMax || (led.order[led.at]?.fallbackOn.length ?? 0) === 0)
    return undefined;
  const model = (name: string) => snapshot.model(name);
  const mayUse = (path: string) =>
    !(path === led.target && retryAfterMs > waitMsMax) && mayCall(parts, snapshot, state, path);
  const next = nextTarget(led, { model, mayUse });
  return next && { ...led, ...next };
}

/** Whether a model could serve this call now, for this caller. */
export function mayCall(
  { targets, health }: Pick<Parts, 'targets' | 'health'>,
  snapshot: TenantSnapshot,
  state: Read,
  path: string,
): boolean {
  const { route, caller } = state;
  const model = snapshot.model(path);
  if (!model || !canServe(model, route) || typeof targets.of(model, route.id) === 'string') return false;
  if (health.waitMs(caller.tenantId, path) > 0) return false;
  return decideCall(snapshot, state, route.action, { type: 'model', path }).allowed;
}

/** Before the same model is called again: what its upstream asked, and no two callers alike. */
function pauseMs({ bounds }: Parts, retryAfterMs: number): number {
  return Math.max(retryAfterMs, (bounds.retry.backoffMs * (1 + Math.random())) / 2);
}

/**
 * The same request as a further one, with a decision id of its own: credential, policy, target and limits are looked at
 * again. Undefined where the failure of this attempt is the answer.
 */
export async function fallBackStep(
  parts: Parts & Pick<GatewayParts, 'clock' | 'feed' | 'authenticator' | 'tokens'>,
  state: Read,
  { retryAfterMs, to }: GoingOn,
): Promise<StepAnswer<Read> | undefined> {
  const { attempt = 1, led }: Known = state;
  const next = to ?? targetBehind(parts, state, retryAfterMs);
  if (!next) return undefined;
  if (next.target === led?.target) await setTimeout(pauseMs(parts, retryAfterMs));
  // Nobody waits any more; the attempt that failed is on record.
  if (state.response.destroyed) return undefined;
  const atMs = parts.clock.nowMs();
  const own = { decisionId: decisionIdAt(atMs), atMs, begunMs: performance.now() };
  const undecided = { isRecorded: false, identity: undefined, target: undefined, limits: undefined };
  const unknown = { ...undecided, edits: undefined, prompt: undefined, limitRules: undefined };
  // A target that was passed over was not called.
  const calls = retryAfterMs === passedOver.retryAfterMs ? attempt : attempt + 1;
  const further = advance(state, { ...own, ...unknown, attempt: calls, led: next });
  const authenticated = await authenticateStep(parts, further);
  if (authenticated instanceof Refusal) return authenticated;
  return advance(further, labelledMetadata(authenticated.caller, further.said));
}
