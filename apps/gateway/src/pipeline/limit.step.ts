import { counterAt, metersOf, type Meter } from '../limits/meters.js';
import { needsOf, usedOf } from '../limits/reckon-call.js';
import { Reservation, type Demand, type Exceeded } from '../limits/reservation.js';
import { limitRefusal, limitsUnavailable } from '../limits/told-limits.js';
import { Refusal } from '../refusals/refusal.js';
import type { CompletedFacts } from '../records/completed-record.js';
import { authenticateStep } from './authenticate.step.js';
import { freshStep } from './authorise.step.js';
import { decideCall } from './decide-call.js';
import { advance, type Limited, type Reached, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

type Parts = Pick<GatewayParts, 'usage' | 'clock' | 'policy' | 'feed' | 'authenticator' | 'tokens'>;

/** Sets aside what the call may need in every counter that holds it. A promise only where the other gateways have to be heard. */
export function limitStep(parts: Parts, state: Reached): StepAnswer<Limited> | Promise<StepAnswer<Limited>> {
  const meters = metersOf(state);
  if (meters.length === 0) return state;
  const demands = demandsOf(parts, state, meters);
  if (demands instanceof Refusal) return demands;
  const enforced = demands.filter(({ meter }) => meter.rule.isEnforced);
  const observed = enforced.length === demands.length ? [] : demands.filter(({ meter }) => !meter.rule.isEnforced);
  const reserved = Reservation.of(enforced, observed);
  if (!(reserved instanceof Promise)) return answer(parts, state, reserved, demands);
  return reserved.then((late) => {
    const limited = answer(parts, state, late, demands);
    return limited instanceof Refusal ? limited : stillAllowed(parts, limited);
  });
}

/** Every way out of a call that got here ends here, once. `facts` are undefined for one that was not sent. */
export function unlimitStep({ limits }: Limited, facts: CompletedFacts | undefined): void {
  limits?.settle(facts && ((measure) => usedOf(measure, facts)));
}

function demandsOf({ usage, clock }: Parts, state: Reached, meters: readonly Meter[]): Demand[] | Refusal {
  const timeZone = state.snapshot.settings?.timeZone ?? 'UTC';
  const nowMs = clock.nowMs();
  const needOf = needsOf(state);
  const demands: Demand[] = [];
  for (const meter of meters) {
    const need = needOf(meter.rule.measure);
    if (!need) continue;
    const counter = counterAt(meter, usage, nowMs, timeZone);
    if (counter) demands.push({ meter, counter, need });
    // It cannot be counted: a rule that is only observed has nothing to say then.
    else if (meter.rule.isEnforced) return refuse(state, [meter.rule.name], limitsUnavailable(meter.rule));
  }
  return demands;
}

function answer(
  { clock }: Pick<Parts, 'clock'>,
  state: Reached,
  reserved: Reservation | Exceeded,
  demands: readonly Demand[],
): StepAnswer<Limited> {
  if (reserved instanceof Reservation) {
    return advance(state, { limits: reserved, limitRules: reserved.exceeded });
  }
  const enforced = demands.filter(({ meter }) => meter.rule.isEnforced);
  return refuse(state, [reserved.by.meter.rule.name], limitRefusal(reserved, enforced, clock.nowMs()));
}

function refuse(state: Reached, limitRules: readonly string[], refusal: Refusal): Refusal {
  advance(state, { limitRules });
  return refusal;
}

/** While it waited, the credential may have been revoked, or the grant withdrawn. */
async function stillAllowed(parts: Parts, state: Limited): Promise<StepAnswer<Limited>> {
  const refusal = await refusalOfNow(parts, state);
  if (!refusal) return state;
  unlimitStep(state, undefined);
  return refusal;
}

async function refusalOfNow(parts: Parts, state: Limited): Promise<Refusal | undefined> {
  const authenticated = await authenticateStep(parts, state);
  if (authenticated instanceof Refusal) return authenticated;
  const snapshot = parts.policy.snapshot(authenticated.caller.tenantId) ?? state.snapshot;
  const staleMs = freshStep(parts, { ...authenticated, snapshot });
  if (staleMs instanceof Refusal) return staleMs;
  const resource = { type: 'model', path: state.model.name };
  const decision = decideCall(snapshot, { ...state, caller: authenticated.caller }, state.route.action, resource);
  if (decision.allowed) return undefined;
  return new Refusal('model_not_allowed', decision.reason, 'The model may not be used with this credential any more.');
}
