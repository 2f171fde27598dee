import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { answer, refusal } from '#libs/http';
import { Answers } from '#libs/openapi';
import type { Action } from '#libs/policy-language';
import { Body, Controller, HttpCode, Post, Query, RawBody } from '@nestjs/common';
import { z } from 'zod';
import { BundleIntake } from '../drafting/bundle-intake.js';
import { Drafting } from '../drafting/drafting.js';
import { ApplyPolicy, type Applied } from './apply-policy.js';
import { applyActions, onAll, type Asked } from './applying.js';
import { bundleFiles } from './body-files.js';
import { shownFinding } from './problems.js';
import { TenantScope } from './tenant-scope.js';
import { appliedAnswers, takesBundle } from './apply-answers.js';

const ApplyQuery = z.strictObject({
  /** Deletes what is in force and not in the bundle. */
  prune: z.enum(['true', 'false']).default('false'),
  reason: z.string().min(1).max(200).optional(),
});
type ApplyQuery = z.output<typeof ApplyQuery>;

@Controller('v1')
export class ApplyController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly drafting: Drafting,
    private readonly intake: BundleIntake,
    private readonly policy: ApplyPolicy,
  ) {}

  /** A bundle of one tenant, applied whole or not at all; the same again makes no new revision. */
  @Post('apply')
  @HttpCode(200)
  @Requires(...applyActions)
  @Answers('Applies a bundle, whole or not at all.', appliedAnswers, { takes: takesBundle })
  async apply(
    @CallerParam() caller: Caller,
    @Body() body: unknown,
    @RawBody() sent: Buffer | undefined,
    @Query({ schema: ApplyQuery }) query: ApplyQuery,
  ) {
    const files = bundleFiles(body, sent);
    const read = await this.drafting.read(files);
    const tenantId = this.tenantOf(caller, read.tenant);
    const applied = await this.policy.apply({
      caller,
      // Whoever may apply any part of a bundle is told what is wrong with it.
      otherwise: this.heldBy(caller, tenantId, applyActions),
      tenantId,
      reason: query.reason,
      hasTests: read.hasTests,
      source: () => this.intake.source(files, read, tenantId, query.prune === 'true' ? 'replace' : 'apply'),
    });
    return shownApplied(tenantId, applied);
  }

  /** The tenant is the document's, which is the caller's own unless an operator asks. */
  private tenantOf(caller: Caller, tenant: string | undefined): string {
    if (tenant === undefined && caller.operator) {
      throw refusal('invalid_request', 'No document says of which tenant it is: metadata.tenant is missing.');
    }
    return this.scope.of(caller, 'policy:apply', tenant);
  }

  /** The first of the actions that the caller holds; the first one, to be refused, of one who holds none. */
  private heldBy(caller: Caller, tenantId: string, candidates: readonly Action[]): Asked {
    const [first = 'policy:apply'] = candidates;
    const asked = candidates.map((action) => onAll(action, tenantId));
    return (
      asked.find(({ action, resource }) => this.access.allowed(caller, action, resource)) ?? onAll(first, tenantId)
    );
  }
}

/** 200 once the broker has the revision, else 202: it is in force as soon as it gets there. */
export function shownApplied(
  tenantId: string,
  { revision, changes, position, published, warnings }: Applied,
  version = revision,
) {
  const changed = changes.map(({ kind, name, digest }) => ({
    kind,
    name,
    change: digest === null ? 'deleted' : 'set',
  }));
  const body = {
    object: 'revision',
    tenant: tenantId,
    revision,
    changed: changed.length > 0,
    changes: changed,
    warnings: warnings.map(shownFinding),
    propagation: published ? 'published' : 'pending',
  };
  const at = { store: 'policy', position };
  return answer(body, { status: published ? 200 : 202, version, position: at });
}
