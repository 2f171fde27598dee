import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { answer, refusal } from '#libs/http';
import { parseBundle, type ParsedBundle } from '#libs/policy-language';
import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { ApplyPolicy, shownFinding, type Applied } from './apply-policy.js';
import { bundleFiles } from './body-files.js';
import { BundleReader } from './bundle-reader.js';

const ApplyQuery = z.strictObject({
  /** Deletes what is in force and not in the bundle. */
  prune: z.enum(['true', 'false']).default('false'),
  reason: z.string().min(1).max(200).optional(),
});
type ApplyQuery = z.output<typeof ApplyQuery>;
const NoQuery = z.strictObject({});

/** Any of them lets somebody see what is wrong with their own bundle. */
const APPLYING = ['policy:apply', 'limits:adjust', 'route:deploy', 'prompt:edit'] as const;

@Controller('v1')
export class ApplyController {
  constructor(
    private readonly access: Access,
    private readonly reader: BundleReader,
    private readonly policy: ApplyPolicy,
  ) {}

  /** A bundle of one tenant, applied whole or not at all; the same again makes no new revision. */
  @Post('apply')
  @HttpCode(200)
  @Requires(...APPLYING)
  async apply(@CallerParam() caller: Caller, @Body() body: unknown, @Query({ schema: ApplyQuery }) query: ApplyQuery) {
    const files = bundleFiles(body);
    const bundle = parseBundle(files);
    const tenantId = this.tenantOf(caller, bundle);
    let warnings: ReturnType<typeof shownFinding>[] = [];
    const applied = await this.policy.apply({
      caller,
      tenantId,
      reason: query.reason,
      want: (standing) => {
        if (this.reader.lint(bundle, standing).errors.length > 0) this.mayApply(caller, tenantId);
        const read = this.reader.read(bundle, files, standing, query.prune === 'true');
        warnings = read.warnings.map(shownFinding);
        return read.wanted;
      },
    });
    return shownApplied(tenantId, applied, warnings);
  }

  /** What is wrong with a bundle, without applying it. */
  @Post('check')
  @HttpCode(200)
  @Requires('policy:plan', ...APPLYING)
  async check(@CallerParam() caller: Caller, @Body() body: unknown, @Query({ schema: NoQuery }) _query: object) {
    const bundle = parseBundle(bundleFiles(body));
    const tenantId = this.tenantOf(caller, bundle);
    this.mayApply(caller, tenantId, 'policy:plan');
    const { errors, warnings } = this.reader.lint(bundle, await this.policy.standing(tenantId));
    return {
      object: 'policy_check',
      tenant: tenantId,
      passed: errors.length === 0,
      errors: errors.map(shownFinding),
      warnings: warnings.map(shownFinding),
    };
  }

  /** The tenant is the document's, which is the caller's own unless an operator asks. */
  private tenantOf(caller: Caller, { tenant }: ParsedBundle): string {
    if (tenant === undefined && caller.operator) {
      throw refusal('invalid_request', 'No document says of which tenant it is: metadata.tenant is missing.');
    }
    return this.access.tenantOf(caller, tenant);
  }

  private mayApply(caller: Caller, tenantId: string, ...more: readonly string[]) {
    const resource = { type: 'policy', path: '*', tenant: tenantId };
    const held = [...APPLYING, ...more].find((action) => {
      const [type] = action.split(':');
      return this.access.allowed(caller, action, { ...resource, type: String(type) });
    });
    const [type] = (held ?? 'policy:apply').split(':');
    this.access.require(caller, held ?? 'policy:apply', { ...resource, type: String(type) });
  }
}

/** 200 once the broker has the revision, else 202: it is in force as soon as it gets there. */
export function shownApplied(
  tenantId: string,
  { revision, changes, position, published }: Applied,
  warnings: readonly Record<string, string | number>[] = [],
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
    warnings,
    propagation: published ? 'published' : 'pending',
  };
  const at = { store: 'policy', position };
  return answer(body, { status: published ? 200 : 202, version: revision, position: at });
}
