import { type DecidedRecord, ownFactsOf, sharedFactsOf, type Verdict } from './decided-record.js';
import type { CompletedFacts } from './completed-record.js';
import { ownIdentityOf, sharedIdentityOf } from './decision-identity.js';
import type { Known, Limited, Reached } from '../pipeline/exchange.js';

/** What the records of a caller's calls of one model have in common, as JSON without its braces. */
type Template = {
  readonly path: string;
  readonly operation: string;
  readonly requestedModel: string;
  readonly resolvedModel: string;
  readonly account: string;
  readonly environment: string | undefined;
  readonly policyRevision: number;
  readonly platformRevision: number;
  readonly reason: DecidedRecord['reason'];
  readonly routeRules: readonly string[];
  readonly prompt: string | undefined;
  readonly limitRules: readonly string[];
  readonly statements: readonly string[];
  readonly boundaries: readonly string[];
  readonly identity: string;
  readonly facts: string;
};

/** Kept for each caller; the oldest makes room. Nothing of a policy is held by them, only texts. */
const templatesMax = 8;
const templates = new WeakMap<object, Template[]>();

/**
 * The two records of an allowed call as JSON: most of it is the same from call to call and is written once. Of equal
 * content as `decidedRecord`; only the order of fields is another one. The decision's identity is kept with the request
 * for its end.
 */
export function decidedText(state: Reached, verdict: Verdict): { identity: string; json: string } {
  // What a caller says against its labels is its own, and is shared with no other call.
  const template = state.overruled ? templateFrom(state, verdict) : templateOf(state, verdict);
  const identity = `${inside(ownIdentityOf(state))},${template.identity}`;
  const own = inside(ownFactsOf(state, verdict));
  return { identity, json: `{"type":"access.decided",${identity},${own},${template.facts}}` };
}

export function completedText(identity: string, facts: CompletedFacts): string {
  return `{"type":"call.completed",${identity},${inside(facts)}}`;
}

/** Whatever the shared parts of a record are made of must be compared here. */
function templateOf(state: Reached, verdict: Verdict): Template {
  const held = templates.get(state.caller);
  const known = held?.find((template) => isOf(template, state, verdict));
  if (known) return known;
  const made = templateFrom(state, verdict);
  if (!held) templates.set(state.caller, [made]);
  else if (held.push(made) > templatesMax) held.shift();
  return made;
}

function isOf(template: Template, state: Reached, { reason }: Verdict): boolean {
  const { call, model, snapshot, decision, led, prompt, limitRules = [] }: Limited = state;
  return (
    template.requestedModel === call.model &&
    template.path === state.path &&
    template.operation === state.route.operation &&
    template.resolvedModel === model.name &&
    template.account === model.account &&
    template.environment === model.environment &&
    template.policyRevision === snapshot.policyRevision &&
    template.platformRevision === snapshot.platformRevision &&
    template.reason === reason &&
    areSame(template.routeRules, led?.rules ?? []) &&
    template.prompt === prompt &&
    areSame(template.limitRules, limitRules) &&
    areSame(template.statements, decision.statements) &&
    areSame(template.boundaries, decision.boundaries)
  );
}

function templateFrom(state: Reached, verdict: Verdict): Template {
  const { path, route, call, model, snapshot, decision } = state;
  const known: Known = state;
  return {
    path,
    operation: route.operation,
    requestedModel: call.model,
    resolvedModel: model.name,
    account: model.account,
    environment: model.environment,
    policyRevision: snapshot.policyRevision,
    platformRevision: snapshot.platformRevision,
    reason: verdict.reason,
    routeRules: known.led?.rules ?? [],
    prompt: known.prompt,
    limitRules: known.limitRules ?? [],
    statements: [...decision.statements],
    boundaries: [...decision.boundaries],
    identity: inside(sharedIdentityOf(known, true)),
    facts: inside(sharedFactsOf(known, verdict)),
  };
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, index) => text === others[index]);
}

/** Its fields as JSON, to stand among others; it has at least one. */
function inside(fields: object): string {
  return JSON.stringify(fields).slice(1, -1);
}
