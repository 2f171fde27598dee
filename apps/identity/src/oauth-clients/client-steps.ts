import { Access, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { oauthClientAggregate } from '../aggregates.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import type { ChangeClientBody, RotateSecretBody } from './client-bodies.js';
import { ClientRights } from './client-rights.js';
import { ClientSecrets } from './client-secrets.js';
import { ClientSettings } from './client-settings.js';
import { clientResource, shownClient } from './client-view.js';

type Step = 'DisableOAuthClient' | 'EnableOAuthClient' | 'DeleteOAuthClient';

/** What happens to a client after it was made. */
@Injectable()
export class ClientSteps {
  constructor(
    private readonly access: Access,
    private readonly rights: ClientRights,
    private readonly secrets: ClientSecrets,
    private readonly settings: ClientSettings,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** The client, once the caller may do `action` to it; another tenant's is 404. */
  async find(caller: Caller, action: string, clientId: string) {
    const found = await this.known(caller, action, clientId);
    this.access.require(caller, action, clientResource(found.row));
    return found;
  }

  async change(caller: Caller, clientId: string, body: ChangeClientBody, expectedVersion: number | undefined) {
    const { row } = await this.known(caller, 'oauth-client:edit', clientId);
    const settings = await this.settings.changed(caller, row, body);
    await this.rights.require(caller, 'oauth-client:edit', row, [row.virtualAccountId, settings.virtualAccountId]);
    const { tenantId } = row;
    const command = {
      type: 'ChangeOAuthClient' as const,
      ...this.named(row),
      settings: await this.settings.sealed(tenantId, settings),
    };
    const outcome = await this.store.execute(oauthClientAggregate, clientId, command, {
      context: this.writes.context(caller, tenantId),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    // What was taken away ends tokens.
    return this.writes.narrowed(shownClient({ ...row, ...settings }, command.at), outcome);
  }

  async rotate(caller: Caller, clientId: string, { overlap_seconds: seconds }: RotateSecretBody) {
    const { row } = await this.known(caller, 'oauth-client:edit', clientId);
    await this.rights.require(caller, 'oauth-client:edit', row, [row.virtualAccountId]);
    const { text, kept } = this.secrets.mint(clientId);
    const named = this.named(row);
    const overlapUntil = new Date(Date.parse(named.at) + seconds * 1000).toISOString();
    const command = { type: 'RotateOAuthClientSecret' as const, ...named, secret: kept, overlapUntil };
    const context = this.writes.context(caller, row.tenantId);
    const outcome = await this.store.execute(oauthClientAggregate, clientId, command, { context });
    const shown = shownClient({ ...row, redacted: kept.redacted, overlapUntil }, named.at);
    return this.writes.answer({ ...shown, client_secret: text }, outcome, { status: 200 });
  }

  async take(
    caller: Caller,
    action: string,
    clientId: string,
    type: Step,
    { reason: text, expectedVersion }: { reason?: string | undefined; expectedVersion?: number | undefined } = {},
  ) {
    const { row } = await this.find(caller, action, clientId);
    const reason = await this.writes.reason(caller, text);
    const command = { type, ...this.named(row), ...reason };
    const outcome = await this.store.execute(oauthClientAggregate, clientId, command, {
      context: this.writes.context(caller, row.tenantId),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    const now = await this.tables.clients.find(row.tenantId, clientId);
    return this.writes.narrowed(shownClient(now?.row ?? row, command.at), outcome);
  }

  private async known(caller: Caller, action: string, clientId: string) {
    const found = await this.tables.clients.find(caller.operator ? undefined : caller.tenantId, clientId);
    if (!found) throw this.access.notFound(caller, action, { type: 'oauth-client', path: clientId });
    return found;
  }

  private named({ id: clientId, tenantId }: { id: string; tenantId: string }) {
    return { clientId, tenantId, at: this.clock.nowIso() };
  }
}
