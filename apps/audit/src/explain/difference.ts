import type { Decision } from '#libs/decision-engine';
import type { DecidedRow } from './recorded-decision.js';

/** Reasons that the gateway gives where policy granted what a route led to. */
const GRANTED_BY_ROUTE = new Set(['downgraded', 'redirected']);

/** Which columns of a stored decision are not what is decided again; empty where it is the same. */
export function differences(row: DecidedRow, again: Decision): readonly string[] {
  const reason = GRANTED_BY_ROUTE.has(row.reason) ? 'granted' : row.reason;
  const rules = new Set(row.applied_rules);
  return [
    ...((row.outcome === 'allow') === again.allowed ? [] : ['outcome']),
    ...(reason === again.reason ? [] : ['reason']),
    ...(isSame(row.statements, again.statements) ? [] : ['statements']),
    ...(again.boundaries.every((boundary) => rules.has(boundary)) ? [] : ['applied_rules']),
  ];
}

const isSame = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((statement, index) => statement === others[index]);
