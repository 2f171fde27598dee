import { compile, type TenantSnapshot } from '#libs/decision-engine';
import type { PolicyDocument } from '#libs/policy-language';

/** Tenants whose last set stays compiled; with all of them at the bound of a set this is what the thread may hold. */
export const COMPILED_TENANTS_MAX = 8;

/** The sets of one draft. */
export type DraftSets = Record<'own' | 'after' | 'platform', readonly PolicyDocument[]>;

/** Sets that are compiled from the last one of their tenant, so that a draft costs what it changes. */
export class CompiledTenants {
  private readonly kept = new Map<string, TenantSnapshot>();

  constructor(private readonly compiling: typeof compile = compile) {}

  /** What is in force, and what would be after the change; throws `CompileError` where that does not compile. */
  of(tenant: string, { own, after, platform }: DraftSets): { current: TenantSnapshot; next: TenantSnapshot } {
    const rest = { tenant, platformDocuments: platform, policyRevision: 0, platformRevision: 0 };
    const current = this.compiling({ ...rest, documents: own }, this.kept.get(tenant));
    this.keep(tenant, current);
    return { current, next: this.compiling({ ...rest, documents: after }, current) };
  }

  private keep(tenant: string, snapshot: TenantSnapshot): void {
    // The order of the map is that of the last use.
    this.kept.delete(tenant);
    this.kept.set(tenant, snapshot);
    const [oldest] = this.kept.keys();
    if (this.kept.size > COMPILED_TENANTS_MAX && oldest !== undefined) this.kept.delete(oldest);
  }
}
