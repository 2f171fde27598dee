import { PLATFORM_TENANT } from '#libs/contracts';
import { compile, CompileError, compileSteps, documentSet, type TenantSnapshot } from '#libs/decision-engine';
import type { CompiledFrom, PolicySet, TenantPolicy } from './tenant-policy.js';

/** Steps of a compilation that whoever asks for a snapshot may be made to wait for; about 20 µs each. */
const STEPS_WAITED_MAX = 128;
/** Steps between two turns of the event loop. */
const STEPS_PER_TURN = 64;

const NO_DOCUMENTS = documentSet([]);

type Job = CompiledFrom & { readonly steps: Generator<void, TenantSnapshot>; left: number };

/**
 * Compiles tenants' newest sets. A small difference is compiled when it is asked for; a large one a little at a time
 * between other work, and what was compiled before decides until then. One at a time for each tenant, to its end: a
 * tenant whose revisions come faster than they compile gets every one that was begun.
 */
export class PolicyCompiler {
  private readonly jobs = new Map<TenantPolicy, Job>();
  private readonly waiting = new Set<TenantPolicy>();
  private idlers: (() => void)[] = [];
  private isScheduled = false;

  constructor(
    private readonly platform: () => PolicySet | undefined,
    private readonly onFault: (tenant: TenantPolicy, fault: string) => void,
  ) {}

  /** Whether nothing that should be in force is still to be compiled. */
  get isIdle(): boolean {
    return this.waiting.size === 0;
  }

  /** Resolves when nothing is to be compiled any more. */
  idle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.idlers.push(resolve));
  }

  /** The tenant's set, or the platform's, is another now: it will be compiled also if nobody asks. */
  schedule(tenant: TenantPolicy): void {
    this.waiting.add(tenant);
    this.wake();
  }

  /** What decides for the tenant now: the newest, unless it is still being compiled and there is another. */
  newest(tenant: TenantPolicy): TenantSnapshot | undefined {
    if (this.isCurrent(tenant)) return tenant.compiled?.snapshot;
    const job = this.jobOf(tenant);
    this.advance(tenant, job, tenant.compiled ? Math.min(job.left, STEPS_WAITED_MAX) : Infinity);
    return tenant.compiled?.snapshot;
  }

  private isCurrent({ verified, compiled, failed }: TenantPolicy): boolean {
    const platform = this.platform();
    const isOf = (from: CompiledFrom | undefined) => from?.own === verified && from?.platform === platform;
    return (compiled !== undefined && isOf(compiled)) || (failed !== undefined && isOf(failed));
  }

  private jobOf(tenant: TenantPolicy): Job {
    const known = this.jobs.get(tenant);
    if (known) return known;
    const [own, platform] = [tenant.verified, this.platform()];
    const steps = compileSteps(inputOf(tenant.tenantId, own, platform), tenant.compiled?.snapshot);
    const job = { own, platform, steps, left: STEPS_WAITED_MAX };
    this.jobs.set(tenant, job);
    return job;
  }

  /** Does some steps of a job; true when it has ended. */
  private advance(tenant: TenantPolicy, job: Job, steps: number): boolean {
    const { own, platform } = job;
    try {
      for (let n = 0; n < steps; n++) {
        const { done, value } = job.steps.next();
        job.left -= 1;
        if (!done) continue;
        this.end(tenant);
        tenant.compiled = { snapshot: value, own, platform };
        tenant.fallback = undefined;
        tenant.failed = undefined;
        return true;
      }
      return false;
    } catch (error) {
      this.end(tenant);
      if (!(error instanceof CompileError)) throw error;
      this.fail(tenant, { own, platform });
      return true;
    }
  }

  /** What was compiled before goes on deciding; where nothing was, the set before the newest is tried. */
  private fail(tenant: TenantPolicy, from: CompiledFrom): void {
    tenant.failed = from;
    this.onFault(tenant, 'the set does not compile');
    const { fallback } = tenant;
    if (tenant.compiled || !fallback) return;
    try {
      const snapshot = compile(inputOf(tenant.tenantId, fallback, from.platform));
      tenant.compiled = { snapshot, own: fallback, platform: from.platform };
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
    }
  }

  private end(tenant: TenantPolicy): void {
    this.jobs.delete(tenant);
  }

  private wake(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.turn());
  }

  private turn(): void {
    this.isScheduled = false;
    const [tenant] = this.waiting;
    if (tenant) {
      if (this.isCurrent(tenant) && !this.jobs.has(tenant)) this.waiting.delete(tenant);
      else this.advance(tenant, this.jobOf(tenant), STEPS_PER_TURN);
      return this.wake();
    }
    for (const resolve of this.idlers.splice(0)) resolve();
  }
}

function inputOf(tenant: string, own: PolicySet | undefined, platform: PolicySet | undefined) {
  return {
    tenant,
    documents: own?.documents ?? NO_DOCUMENTS,
    platformDocuments: (tenant === PLATFORM_TENANT ? undefined : platform?.documents) ?? NO_DOCUMENTS,
    policyRevision: own?.head.revision ?? 0,
    platformRevision: platform?.head.revision ?? 0,
  };
}
