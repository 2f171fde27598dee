import { forgetMissing, missingAttributes } from '../conditions/evaluate-condition.js';
import type { ResourceView } from '../conditions/resource-view.js';
import { checkBeforeResource, checkOnResource } from '../credential/check-credential.js';
import { NONE, type Decision, type DecisionCode, type Reason } from '../decision.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { actionIdOf, isAbout } from '../statements/action-ids.js';
import { NO_MODEL } from '../statements/row.js';
import { decideForOperator } from './operator-rights.js';
import { isOpenByAnotherOperation } from './other-operations.js';
import { ownerReach, type OwnerReach } from './owner-reach.js';
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
    return decideOn(snapshot, action, model.id, request, model);
  }
  const resource = snapshot.compiled.tagged.view(request.resource, snapshot.tenant);
  if (!isWithin(snapshot.tenant, action, resource)) return refused('action_not_allowed', 'other_tenant', NONE);
  return decideOn(snapshot, action, NO_MODEL, request, resource);
}

function decideOn(
  snapshot: TenantSnapshot,
  action: number,
  modelId: number,
  request: AccessRequest,
  resource: ResourceView,
): Decision {
  forgetMissing();
  const reach = ownerReach(snapshot, action, modelId, request, resource);
  if (reach.reason !== 'granted') return unreached(reach, snapshot, action, modelId, request, resource);
  const { statements } = reach;
  if (action === INVOKE && modelId !== NO_MODEL && snapshot.models[modelId]?.environment === undefined) {
    return refused('untagged_resource', 'untagged_resource', statements);
  }
  const narrowed = checkOnResource(action, request, resource);
  if (narrowed) return refused(narrowed.code, narrowed.reason, statements);
  return { allowed: true, code: null, reason: 'granted', statements, boundaries: NONE, missing: NONE };
}

function unreached(
  { reason, statements, boundaries }: OwnerReach,
  snapshot: TenantSnapshot,
  action: number,
  modelId: number,
  request: AccessRequest,
  resource: ResourceView,
): Decision {
  const missing = missingAttributes();
  const byOperation = modelId !== NO_MODEL && isOpenByAnotherOperation(snapshot, action, modelId, request, resource);
  const code = byOperation ? 'action_not_allowed' : ungranted(resource.type);
  return { allowed: false, code, reason, statements, boundaries, missing };
}

const ungranted = (type: string): DecisionCode => (type === 'model' ? 'model_not_allowed' : 'action_not_allowed');

function refused(code: DecisionCode, reason: Reason, statements: readonly string[]): Decision {
  return { allowed: false, code, reason, statements, boundaries: NONE, missing: NONE };
}
