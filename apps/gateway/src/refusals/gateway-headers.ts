import { APPLIED_RULES_HEADER } from '#libs/access';
import { limitHeaders } from '../limits/told-limits.js';
import type { Known } from '../pipeline/exchange.js';

/** What every answer carries of the gateway's own, name and value in turn, as far as it is known where it is answered. */
export function answerHeadersOf(known: Known, decisionId: string): string[] {
  const headers = ['gatehouse-decision-id', decisionId, 'x-request-id', known.requestId];
  if (known.snapshot) headers.push('gatehouse-policy-revision', String(known.snapshot.policyRevision));
  // Only of an allowed call, too: a refusal does not tell that a route exists.
  const route = known.target && known.led ? known.led.rules : [];
  const prompt = known.target && known.prompt !== undefined ? [known.prompt] : [];
  const rules = [...(known.caller?.appliedRules ?? []), ...route, ...prompt, ...(known.limitRules ?? [])];
  if (rules.length > 0) headers.push(APPLIED_RULES_HEADER, rules.join(','));
  // Only of an allowed call: whether a model exists is not told by a refusal.
  if (known.target && known.model) headers.push('gatehouse-resolved-model', known.model.name);
  if (known.attempt !== undefined) headers.push('gatehouse-attempts', String(known.attempt));
  if (known.limits) headers.push(...limitHeaders(known.limits.remaining, known.atMs));
  return headers;
}
