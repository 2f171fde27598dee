import type { CatalogueModel } from '../catalogue/catalogue.js';
import { missingAttributes } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { checkBeforeResource, checkOnResource } from '../credential/check-credential.js';
import { NONE, type Decision, type DecisionCode, type Reason } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { actionIdOf, isAbout } from '../statements/action-ids.js';
import { ungranted } from './answer.js';
import { decideForOperator } from './operator-rights.js';
import { isOpenByAnotherOperation } from './other-operations.js';
import { ownerReach } from './owner-reach.js';
import { isWithin } from './tenancy.js';

const INVOKE = actionIdOf('model:invoke');

/**
 * Decides one request against one snapshot: default deny, denies before allows, every boundary, then the credential's
 * own narrowing. Never throws on what a caller can send; the answer does not depend on the order of documents.
 */
export function decide(snapshot: TenantSnapshot, request: AccessRequest): Decision {
  const action = actionIdOf(request.action);
  const { type, path } = request.resource;
  if (action === undefined || !isAbout(action, type)) return refused('action_not_allowed', 'no_matching_rule', NONE);
  const early = checkBeforeResource(action, request);
  if (early) return refused(early.code, early.reason, NONE);
  if (request.principal.operator === true) return decideForOperator(snapshot, action, request);
  if (request.principal.tenant !== snapshot.tenant) return refused(ungranted(type), 'other_tenant', NONE);
  if (type === 'model') {
    const model = snapshot.compiled.catalogue.find(path);
    if (!model) return refused('model_not_allowed', 'unknown_model', NONE);
    return decideOn(snapshot, action, model, request, model);
  }
  const resource = snapshot.compiled.tagged.view(request.resource, snapshot.tenant);
  if (!isWithin(snapshot.tenant, action, resource)) return refused('action_not_allowed', 'other_tenant', NONE);
  return decideOn(snapshot, action, undefined, request, resource);
}

function decideOn(
  snapshot: TenantSnapshot,
  action: number,
  model: CatalogueModel | undefined,
  request: AccessRequest,
  resource: ResourceView,
): Decision {
  const { reason, decision } = ownerReach(snapshot, action, model, request, resource);
  if (reason !== 'granted') return unreached(decision, snapshot, action, model, request);
  if (action === INVOKE && model && model.environment === undefined) {
    return refused('untagged_resource', 'untagged_resource', decision.statements);
  }
  const narrowed = checkOnResource(action, request, resource);
  return narrowed ? refused(narrowed.code, narrowed.reason, decision.statements) : decision;
}

function unreached(
  decision: Decision,
  snapshot: TenantSnapshot,
  action: number,
  model: CatalogueModel | undefined,
  request: AccessRequest,
): Decision {
  const missing = missingAttributes();
  if (model && isOpenByAnotherOperation(snapshot, action, model, request)) {
    return { ...decision, code: 'action_not_allowed', missing };
  }
  return missing.length === 0 ? decision : { ...decision, missing };
}

function refused(code: DecisionCode, reason: Reason, statements: readonly string[]): Decision {
  return { allowed: false, code, reason, statements, boundaries: NONE, missing: NONE };
}
