import { PLATFORM_TENANT } from '#libs/contracts';
import { compile, type TenantSnapshot } from '#libs/decision-engine';
import type { PolicySet, TenantPolicy } from './tenant-policy.js';

/** The snapshot of two sets; undefined when they do not compile. */
export function compileSets(
  tenant: string,
  own: PolicySet | undefined,
  platform: PolicySet | undefined,
): TenantSnapshot | undefined {
  try {
    return compile({
      tenant,
      documents: own?.documents ?? [],
      platformDocuments: tenant === PLATFORM_TENANT ? [] : (platform?.documents ?? []),
      policyRevision: own?.head.revision ?? 0,
      platformRevision: platform?.head.revision ?? 0,
    });
  } catch {
    return undefined;
  }
}

/**
 * Compiles what is newest. When that fails, what was compiled before goes on deciding; where nothing was, the set
 * before the newest is tried.
 */
export function compileNewest(
  tenant: TenantPolicy,
  platform: PolicySet | undefined,
  onFailure: (fault: string) => void,
): TenantSnapshot | undefined {
  const { tenantId, verified: own, fallback } = tenant;
  if (tenant.failed && tenant.failed.own === own && tenant.failed.platform === platform) {
    return tenant.compiled?.snapshot;
  }
  const snapshot = compileSets(tenantId, own, platform);
  if (snapshot) {
    tenant.compiled = { snapshot, own, platform };
    tenant.fallback = undefined;
    tenant.failed = undefined;
    return snapshot;
  }
  tenant.failed = { own, platform };
  onFailure('the set does not compile');
  const former = tenant.compiled || !fallback ? undefined : compileSets(tenantId, fallback, platform);
  if (former) tenant.compiled = { snapshot: former, own: fallback, platform };
  return tenant.compiled?.snapshot;
}
