import { Access, CallerParam, Requires, sealUpstreamCredential, type Caller } from '#libs/access';
import { secretKey, topics } from '#libs/contracts';
import { EventStore, Publication, PUBLISHED_WAIT_MS } from '#libs/event-store';
import { answer } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, HttpCode, Param, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { TenantScope } from '../apply/tenant-scope.js';
import { providerCredentialAggregate } from '../aggregates.js';
import { DocumentHistory } from '../documents/document-history.adapter.js';
import { PolicyKeys } from '../policy-keys.js';
import { TenantDataKeys } from './tenant-data-keys.adapter.js';
import { ShownProviderCredential } from './provider-credential-answers.js';

const OneQuery = z.strictObject({ tenant: z.string().min(1).max(63).optional() });
type OneQuery = z.output<typeof OneQuery>;
const CredentialBody = z.strictObject({ value: z.string().min(1).max(8_192) });
type CredentialBody = z.output<typeof CredentialBody>;

@Controller('v1/provider-accounts/:account/credential')
export class ProviderCredentialsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly history: DocumentHistory,
    private readonly store: EventStore,
    private readonly publication: Publication,
    private readonly dataKeys: TenantDataKeys,
    private readonly keys: PolicyKeys,
    private readonly clock: Clock,
  ) {}

  /** Write-only, and good for the account's present origin alone. A new one replaces the old without a failed call. */
  @Put()
  @HttpCode(200)
  @Requires('provider-account:edit')
  @Answers('Sets the credential of a provider account; it is never shown again.', {
    200: ShownProviderCredential,
    202: ShownProviderCredential,
  })
  async set(
    @CallerParam() caller: Caller,
    @Param('account') account: string,
    @Query({ schema: OneQuery }) query: OneQuery,
    @Body({ schema: CredentialBody }) { value }: CredentialBody,
  ) {
    const tenantId = this.scope.of(caller, 'provider-account:edit', query.tenant);
    const resource = { type: 'provider-account', path: account, tenant: tenantId };
    const found = await this.history.find(tenantId, 'ProviderAccount', account);
    if (found?.document.kind !== 'ProviderAccount') {
      throw this.access.notFound(caller, 'provider-account:edit', resource);
    }
    this.access.require(caller, 'provider-account:edit', resource);
    const { origin } = new URL(found.document.spec.baseUrl);
    const dataKey = await this.dataKeys.of(tenantId);
    const seal = (version: number) =>
      sealUpstreamCredential(this.keys.master, { tenantId, account, version, origin, dataKey }, value);
    const command = { type: 'SetProviderCredential' as const, tenantId, account, origin, at: this.clock.nowIso() };
    const { principalId: actor, requestId, decisionId } = caller;
    const outcome = await this.store.execute(providerCredentialAggregate, `${tenantId}/${account}`, command, {
      context: { actor, tenantId, requestId, decisionId },
      records: (events) =>
        events.map(({ event: { data } }) => ({
          topic: topics.policySecrets.name,
          key: secretKey(tenantId, account, data.version),
          value: seal(data.version),
        })),
    });
    const published = await this.publication.reached(outcome.position, PUBLISHED_WAIT_MS);
    const { version } = outcome.state;
    const body = { object: 'provider_credential', account, tenant: tenantId, version, origin };
    const position = { store: 'policy', position: outcome.position };
    return answer(
      { ...body, propagation: published ? 'published' : 'pending' },
      { status: published ? 200 : 202, position },
    );
  }
}
