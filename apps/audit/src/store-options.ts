import type { EventStoreModuleOptions } from '#libs/event-store';
import type { AuditConfig } from './config.js';
import { chainAggregate } from './chain/chain.aggregate.js';
import { contentKeyAggregate } from './contents/content-key.aggregate.js';
import { deadLetterAggregate } from './dead-letters/dead-letter.aggregate.js';
import { legalHoldAggregate } from './legal-holds/legal-hold.aggregate.js';

type Keys = Pick<AuditConfig, 'DATABASE_URL' | 'GATEHOUSE_SEAL_KEY' | 'GATEHOUSE_BUS_KEY'>;

/** What audit's event store is made of. */
export function storeOptions({ DATABASE_URL, GATEHOUSE_SEAL_KEY, GATEHOUSE_BUS_KEY }: Keys): EventStoreModuleOptions {
  return {
    service: 'audit',
    schema: 'audit',
    databaseUrl: DATABASE_URL,
    sealKey: GATEHOUSE_SEAL_KEY,
    busKey: GATEHOUSE_BUS_KEY,
    aggregates: [chainAggregate, deadLetterAggregate, legalHoldAggregate, contentKeyAggregate],
  };
}
