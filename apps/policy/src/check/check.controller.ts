import { Access, CallerParam, IdentityView, Requires, type Caller } from '#libs/access';
import { refusal } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, HttpCode, Post, Query, RawBody } from '@nestjs/common';
import { z } from 'zod';
import { applyActions, onAll } from '../apply/applying.js';
import { bundleFiles } from '../apply/body-files.js';
import { shownFinding } from '../apply/problems.js';
import { StandingSets } from '../apply/standing.adapter.js';
import { TenantScope } from '../apply/tenant-scope.js';
import { UpstreamAddresses } from '../apply/upstream-addresses.js';
import { BundleIntake } from '../drafting/bundle-intake.js';
import { Drafting } from '../drafting/drafting.js';
import { enginePrincipal } from '../explain/subject-principal.js';
import { activePrincipals } from '../who-can/known-principals.js';
import { takesBundle } from '../apply/apply-answers.js';
import { ShownCheck } from './check-answers.js';

const NoQuery = z.strictObject({});
const asking = ['policy:plan', ...applyActions] as const;
/** What a bundle without tests came to. */
const NO_TESTS = { passed: true, suites: [], coverage: { statements: 0, decided: 0, percent: 100, undecided: [] } };

/** Lint, tests, coverage and invariants of a bundle, on what is in force and for the people there are. Changes nothing. */
@Controller('v1/check')
export class CheckController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly standing: StandingSets,
    private readonly drafting: Drafting,
    private readonly intake: BundleIntake,
    private readonly addresses: UpstreamAddresses,
    private readonly identity: IdentityView,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @Requires(...asking)
  @Answers(
    'Checks a bundle: lint, tests, coverage, invariants. Changes nothing.',
    { 200: ShownCheck },
    { takes: takesBundle },
  )
  async check(
    @CallerParam() caller: Caller,
    @Body() body: unknown,
    @RawBody() sent: Buffer | undefined,
    @Query({ schema: NoQuery }) _query: object,
  ) {
    const files = bundleFiles(body, sent);
    const read = await this.drafting.read(files);
    if (read.tenant === undefined && caller.operator) {
      throw refusal('invalid_request', 'No document says of which tenant it is: metadata.tenant is missing.');
    }
    const tenantId = this.scope.of(caller, 'policy:plan', read.tenant);
    const asked = asking.map((action) => onAll(action, tenantId));
    const held = asked.find(({ action, resource }) => this.access.allowed(caller, action, resource));
    this.access.requireAll(caller, [held ?? onAll('policy:plan', tenantId)]);
    const draft = await this.drafting.draft({
      type: 'draft',
      tenantId,
      sets: await this.standing.of(tenantId),
      source: this.intake.source(files, read, tenantId, 'check'),
      people: read.hasTests ? activePrincipals(this.identity, tenantId).map(enginePrincipal) : [],
      holder: undefined,
      nowMs: this.clock.nowMs(),
    });
    const errors = [...draft.errors, ...this.addresses.refused(draft.addresses)];
    const report = errors.length > 0 ? undefined : (draft.report ?? NO_TESTS);
    return {
      object: 'policy_check',
      tenant: tenantId,
      passed: report?.passed ?? false,
      errors: errors.map(shownFinding),
      warnings: draft.warnings.map(shownFinding),
      tests: report ?? null,
    };
  }
}
