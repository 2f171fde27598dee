import { sealUpstreamCredential } from '#libs/access';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { PolicyKeys } from '../policy-keys.js';

/** Each tenant's data key, wrapped by the master key: what its upstream credentials are sealed with. */
@Injectable()
export class TenantDataKeys {
  constructor(
    private readonly em: EntityManager,
    private readonly keys: PolicyKeys,
  ) {}

  /** The tenant's wrapped key; made when first asked for, once, however many ask at the same time. */
  async of(tenantId: string): Promise<string> {
    const database = this.em.fork().getKysely();
    const held = await sql<Row>`select data_key from tenant_data_keys where tenant_id = ${tenantId}`.execute(database);
    if (held.rows[0]) return held.rows[0].data_key;
    const about = { tenantId, account: '-', version: 1, origin: '-' };
    const { dataKey } = sealUpstreamCredential(this.keys.master, about, '-');
    const { rows } = await sql<Row>`
      insert into tenant_data_keys (tenant_id, data_key) values (${tenantId}, ${dataKey})
      on conflict (tenant_id) do update set data_key = tenant_data_keys.data_key returning data_key
    `.execute(database);
    return rows[0]?.data_key ?? dataKey;
  }
}

type Row = { data_key: string };
