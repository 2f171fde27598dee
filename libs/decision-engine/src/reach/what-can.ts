import { actionNames, actions, type Action } from '#libs/policy-language';
import { decide } from '../deciding/decide.js';
import type { Principal, Resource } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { actionIdOf } from '../statements/action-ids.js';
import { askedOperations } from '../deciding/asked-operations.js';
import { ANY_PATH, knownResources } from './known-resources.js';
import type { AskedCircumstances, PageBounds } from './who-can.js';

/** Something that a principal may do. `ownOnly`: with what is their own, such as their keys, and not with others'. */
export type Ability = {
  readonly action: Action;
  /** `<type>:<path>`; the path `*` stands for what no document describes. */
  readonly resource: string;
  readonly ownOnly: boolean;
  readonly statements: readonly string[];
};

/** A place in the list, which is ordered by action, then path. */
export type AbilityPlace = { readonly action: string; readonly path: string };

/** `last` is the last place that was looked at, where the page ended before the whole list was. */
export type WhatCanPage = { readonly found: readonly Ability[]; readonly last: AbilityPlace | undefined };

const ordered = actionNames.toSorted();

/**
 * What a principal may do with what the snapshot knows: each model, each document, and `*` for the rest. Their own
 * reach, by no key. Never throws.
 */
export function whatCan(
  snapshot: TenantSnapshot,
  principal: Principal,
  request: AskedCircumstances,
  { limit, examinedMax, after }: PageBounds & { readonly after?: AbilityPlace | undefined },
): WhatCanPage {
  const found: Ability[] = [];
  let left = examinedMax;
  let last: AbilityPlace | undefined;
  for (const action of heldActions(snapshot, principal)) {
    if (after && action < after.action) continue;
    for (const resource of knownResources(snapshot, actions[action].type)) {
      if (after?.action === action && resource.path <= after.path) continue;
      if (found.length >= limit || left-- <= 0) return { found, last: last ?? after };
      const ability = abilityOn(snapshot, principal, action, resource, request);
      if (ability) found.push(ability);
      last = { action, path: resource.path };
    }
  }
  return { found, last: undefined };
}

/** Actions that some statement of the principal could allow, by name. */
function heldActions({ compiled }: TenantSnapshot, principal: Principal): readonly Action[] {
  if (principal.operator === true) return ordered;
  const held = new Set<number>();
  compiled.grants.visit(principal, (own) => {
    for (const { rows } of own.grants()) {
      for (const { actions, terms } of rows) if (!terms.deny) for (const id of actions) held.add(id);
    }
  });
  return ordered.filter((action) => held.has(actionIdOf(action) ?? -1));
}

function abilityOn(
  snapshot: TenantSnapshot,
  principal: Principal,
  action: Action,
  resource: Resource,
  request: AskedCircumstances,
): Ability | undefined {
  const shown = `${resource.type}:${resource.path}`;
  const statements = allowedBy(snapshot, principal, action, resource, request);
  if (statements) return { action, resource: shown, ownOnly: false, statements };
  if (resource.path !== ANY_PATH) return undefined;
  const own = allowedBy(snapshot, principal, action, { ...resource, owner: principal.id }, request);
  return own && { action, resource: shown, ownOnly: true, statements: own };
}

function allowedBy(
  snapshot: TenantSnapshot,
  principal: Principal,
  action: Action,
  resource: Resource,
  { operation: given, ...request }: AskedCircumstances,
): readonly string[] | undefined {
  const model = resource.type === 'model' ? snapshot.model(resource.path) : undefined;
  const operations = given === undefined ? askedOperations(snapshot, actionIdOf(action) ?? -1, model) : [given];
  for (const operation of operations) {
    const asking = {
      principal,
      action,
      resource,
      credential: { kind: 'none' },
      request: { ...request, operation },
    };
    const { allowed, statements } = decide(snapshot, asking);
    if (allowed) return statements;
  }
  return undefined;
}
