import { moneyText } from '#libs/limits';
import { LimitRefusal, Refusal } from '../refusals/refusal.js';
import type { StreamEnd } from '../relay/upstream-call.js';
import type { Meter } from './meters.js';
import type { Demand, Exceeded, Remaining } from './reservation.js';
import type { LimitRule, Measure } from './rules-in-force.js';

/** Stock clients wait for themselves up to so long; a retry before the window's end makes no sense beyond it, ms. */
const waitMsMax = 60_000;

/** After which a slot may be free again, ms. */
const slotMs = 1_000;

type Told = Exclude<Measure, 'slots'>;
const measures: readonly Told[] = ['requests', 'tokens', 'cost'];

/** Written out: every answer has nine of them, and putting their names together took longer than deciding the call. */
const headers: Record<Told, { readonly limit: string; readonly remaining: string; readonly reset: string }> = {
  requests: {
    limit: 'x-ratelimit-limit-requests',
    remaining: 'x-ratelimit-remaining-requests',
    reset: 'x-ratelimit-reset-requests',
  },
  tokens: {
    limit: 'x-ratelimit-limit-tokens',
    remaining: 'x-ratelimit-remaining-tokens',
    reset: 'x-ratelimit-reset-tokens',
  },
  cost: { limit: 'gatehouse-budget-limit', remaining: 'gatehouse-budget-remaining', reset: 'gatehouse-budget-reset' },
};

/** Limit, what remains of it, and until when: of each measure's counter of which least is left. Name and value in turn. */
export function limitHeaders(counters: readonly Remaining[], nowMs: number): string[] {
  const told: string[] = [];
  for (const measure of measures) {
    const tightest = tightestOf(counters, measure);
    if (!tightest) continue;
    const { rule } = tightest.meter;
    const { limit, remaining, reset } = headers[measure];
    told.push(limit, amountText(rule, rule.limit), remaining, amountText(rule, tightest.left));
    told.push(reset, durationText(tightest.counter.window.endMs - nowMs));
  }
  return told;
}

/** The first of those of which the smallest part is left. */
function tightestOf(counters: readonly Remaining[], measure: Told): Remaining | undefined {
  let tightest: Remaining | undefined;
  for (const counter of counters) {
    if (counter.meter.rule.measure !== measure) continue;
    if (!tightest || partLeft(counter) < partLeft(tightest)) tightest = counter;
  }
  return tightest;
}

/** What a caller is told that a limit does not let through. */
export function limitRefusal({ by, why }: Exceeded, demands: readonly Demand[], nowMs: number): Refusal {
  const { rule } = by.meter;
  if (why === 'unavailable') return limitsUnavailable(rule);
  const resetMs = rule.window === undefined ? slotMs : Math.max(1, by.counter.window.endMs - nowMs);
  const isBudget = rule.measure === 'cost';
  const isHopeless = by.need.least > rule.limit;
  const retry = {
    'retry-after': String(Math.ceil(resetMs / 1_000)),
    'retry-after-ms': String(Math.ceil(resetMs)),
    ...((isBudget || isHopeless || resetMs > waitMsMax) && { 'x-should-retry': 'false' }),
  };
  const left = demands.map(({ meter, counter }) => ({ meter, counter, left: Math.max(0, counter.available) }));
  const told = limitHeaders(left, nowMs);
  const pairs = Object.fromEntries(told.flatMap((name, n) => (n % 2 === 0 ? [[name, told[n + 1] ?? '']] : [])));
  const message = `${sentence(rule)} ${isHopeless ? needsMore(rule, by) : beginsAnew(rule, resetMs)}`;
  const headers = { ...pairs, ...retry };
  const overflow = overflowOf(by, demands);
  return new LimitRefusal(codeOf(rule), isBudget ? 'budget' : 'limit', message, headers, rule.name, overflow);
}

/** Where a call goes that these do not let through: nowhere where one of them refuses, whichever was asked first. */
function overflowOf(by: Demand, demands: readonly Demand[]): string | undefined {
  const exceeded = demands.filter((demand) => demand === by || demand.counter.available < demand.need.least);
  const [first, ...others] = exceeded.map(({ meter: { rule } }) => rule).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return others.every(({ overflow }) => overflow !== undefined) ? first?.overflow : undefined;
}

/** How a stream ends that a limit does not let go on. */
export function limitEnd({ rule }: Meter): StreamEnd {
  const code = codeOf(rule);
  return { code, message: `${sentence(rule)} The stream was cut.`, errorType: code };
}

/** What is set aside already may be spent; for more, the other gateways have to be heard. */
export function limitsUnavailable(rule: LimitRule): Refusal {
  const message = `Whether '${rule.name}' has anything left cannot be told at the moment.`;
  return new Refusal('limits_unavailable', 'limits_unavailable', message, null, { 'retry-after': '1' });
}

const codeOf = ({ measure }: LimitRule) => (measure === 'cost' ? 'budget_exceeded' : 'rate_limit_exceeded');
const sentence = (rule: LimitRule) =>
  `The limit of ${amountText(rule, rule.limit)} ${units(rule)} of '${rule.name}' is reached.`;
const units = ({ measure, window }: LimitRule) => (window === undefined ? 'calls at once' : `${measure} per ${window}`);

const beginsAnew = ({ window }: LimitRule, resetMs: number) =>
  window === undefined ? 'Try again when one has ended.' : `It begins anew in ${durationText(resetMs)}.`;

const needsMore = (rule: LimitRule, { need }: Demand) =>
  `This call may need ${amountText(rule, need.least)}, and never fits; make it smaller, or allow less for its answer.`;

function amountText({ measure }: LimitRule, amount: number): string {
  return measure === 'cost' ? moneyText(amount) : String(amount);
}

const partLeft = ({ left, meter }: Remaining) => left / Math.max(1, meter.rule.limit);

/** As OpenAI writes them: `120ms`, `6m0s`. */
function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.ceil(ms))}ms`;
  const seconds = Math.ceil(ms / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60] as const;
  const [hours, minutes, rest] = parts;
  return `${hours > 0 ? `${hours}h` : ''}${seconds >= 60 ? `${minutes}m` : ''}${rest}s`;
}
