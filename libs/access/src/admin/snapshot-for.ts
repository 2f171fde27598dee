import { compile, type TenantSnapshot } from '#libs/decision-engine';
import type { Caller } from '../authentication/caller.js';
import type { PolicyView } from '../policy/policy-view.js';

/**
 * What decides about a caller in a tenant. An operator is not kept out of a tenant whose policy cannot be put in force:
 * its rights are compiled in, and it is the one who has to mend that.
 */
export function snapshotFor(policy: PolicyView, caller: Caller, tenantId: string): TenantSnapshot | undefined {
  const snapshot = policy.snapshot(tenantId);
  if (snapshot || !caller.operator) return snapshot;
  return compile({ tenant: tenantId, documents: [], platformDocuments: [], policyRevision: 0, platformRevision: 0 });
}
