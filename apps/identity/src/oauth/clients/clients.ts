import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { ClientMetadata } from 'oidc-provider';
import { ClientSecrets } from '../../oauth-clients/client-secrets.js';
import { Tables } from '../../tables.js';
import { TokenSubjects } from '../tokens/token-subjects.js';
import { clientMetadata, type OwnMetadata } from './client-metadata.js';

/** Registered clients, as PostgreSQL has them: one that was disabled a moment ago is none any more. */
@Injectable()
export class Clients {
  constructor(
    @Inject(Tables) private readonly tables: Tables,
    @Inject(TokenSubjects) private readonly subjects: TokenSubjects,
    @Inject(ClientSecrets) private readonly secrets: ClientSecrets,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Undefined unless the client and its tenant are active. */
  async find(clientId: string): Promise<ClientMetadata | undefined> {
    const found = await this.tables.clients.find(undefined, clientId);
    if (found?.row.status !== 'active') return undefined;
    if (!(await this.subjects.tenantIsActive(found.row.tenantId))) return undefined;
    return clientMetadata(found.row);
  }

  /** Whose client it is, whatever its status. */
  async tenantOf(clientId: string): Promise<string | undefined> {
    return (await this.tables.clients.find(undefined, clientId))?.row.tenantId;
  }

  hasSecret(client: OwnMetadata | undefined, text: string): boolean {
    return client !== undefined && this.secrets.matches(client, text, this.clock.nowIso());
  }
}
