import { Access, CallerParam, IdentityView, Requires, type Caller } from '#libs/access';
import { refusal } from '#libs/http';
import { mergedSet, parseBundle } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { ApplyPolicy, shownFinding } from '../apply/apply-policy.js';
import { applyActions, onAll } from '../apply/applying.js';
import { bundleFiles } from '../apply/body-files.js';
import { BundleReader } from '../apply/bundle-reader.js';
import { SubjectNames } from '../apply/subject-names.js';
import { TenantScope } from '../apply/tenant-scope.js';
import { enginePrincipal } from '../explain/subject-principal.js';
import { activePrincipals } from '../who-can/known-principals.js';
import { namedSubjects } from './named-subjects.js';
import { runTests } from './run-tests.js';

const NoQuery = z.strictObject({});
const asking = ['policy:plan', ...applyActions] as const;

/** Lint, tests, coverage and invariants of a bundle, on what is in force and for the people there are. Changes nothing. */
@Controller('v1/check')
export class CheckController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly reader: BundleReader,
    private readonly policy: ApplyPolicy,
    private readonly subjects: SubjectNames,
    private readonly identity: IdentityView,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @Requires(...asking)
  async check(@CallerParam() caller: Caller, @Body() body: unknown, @Query({ schema: NoQuery }) _query: object) {
    const files = bundleFiles(body);
    const bundle = parseBundle(files);
    if (bundle.tenant === undefined && caller.operator) {
      throw refusal('invalid_request', 'No document says of which tenant it is: metadata.tenant is missing.');
    }
    const tenantId = this.scope.of(caller, 'policy:plan', bundle.tenant);
    const asked = asking.map((action) => onAll(action, tenantId));
    const held = asked.find(({ action, resource }) => this.access.allowed(caller, action, resource));
    this.access.requireAll(caller, [held ?? onAll('policy:plan', tenantId)]);
    const standing = await this.policy.standing(tenantId);
    const checked = this.reader.lint(bundle, standing);
    const named = namedSubjects(this.subjects, this.identity, checked, files);
    const errors = [...checked.errors, ...named.unknown];
    const inForce = standing.own.map(({ document }) => document);
    const report =
      errors.length > 0
        ? undefined
        : runTests({
            tenantId,
            inForce,
            after: mergedSet(inForce, named.documents),
            platform: standing.platform.map(({ document }) => document),
            documents: named.documents,
            tests: named.tests,
            principals: activePrincipals(this.identity, tenantId).map(enginePrincipal),
            nowMs: this.clock.nowMs(),
          });
    return {
      object: 'policy_check',
      tenant: tenantId,
      passed: report?.passed ?? false,
      errors: errors.map(shownFinding),
      warnings: checked.warnings.map(shownFinding),
      tests: report ?? null,
    };
  }
}
