import { NONE, type Decision } from '../decision.js';
import type { AccessRequest } from '../request.js';
import { checkOnResource } from '../credential/check-credential.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { useOf } from '../statements/action-ids.js';

/** What decisions about operators cite: no document holds it, and none can take it away. */
export const OPERATOR_STATEMENT = 'operator/administration';

const CITED: readonly string[] = Object.freeze([OPERATOR_STATEMENT]);

/**
 * Operators administer every tenant and use nothing in it: every action but those of applications, whatever documents
 * say. Compiled in, so that no bundle locks everyone out. Their keys' own restrictions hold.
 */
export function decideForOperator(snapshot: TenantSnapshot, action: number, request: AccessRequest): Decision {
  if (useOf(action) === 'data') {
    const code = request.resource.type === 'model' ? 'model_not_allowed' : 'action_not_allowed';
    return { allowed: false, code, reason: 'no_matching_rule', statements: NONE, boundaries: NONE, missing: NONE };
  }
  const { catalogue, tagged } = snapshot.compiled;
  const model = request.resource.type === 'model' ? catalogue.find(request.resource.path) : undefined;
  const narrowed = checkOnResource(action, request, model ?? tagged.view(request.resource, snapshot.tenant));
  if (narrowed) return { allowed: false, ...narrowed, statements: CITED, boundaries: NONE, missing: NONE };
  return { allowed: true, code: null, reason: 'operator', statements: CITED, boundaries: NONE, missing: NONE };
}
