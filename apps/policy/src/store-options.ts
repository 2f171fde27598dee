import { topics } from '#libs/contracts';
import type { EventStoreModuleOptions } from '#libs/event-store';
import { IdempotencyKeysTable } from '../migrations/idempotency-keys.migration.js';
import { LedgerTables } from '../migrations/ledger-tables.migration.js';
import { PolicyTablesV1 } from '../migrations/policy-tables-v1.migration.js';
import { PromptVersions } from '../migrations/prompt-versions.migration.js';
import { SupersededRecords } from '../migrations/superseded-records.migration.js';
import { aggregates } from './aggregates.js';
import type { PolicyConfig } from './config.js';
import { documentHistory } from './documents/document-history.adapter.js';
import { ledgerPostings } from './ledger/ledger-postings.js';
import { supersededRecords } from './superseded/superseded-records.adapter.js';
import { revisionList } from './revisions/revision-list.adapter.js';

type Keys = Pick<PolicyConfig, 'DATABASE_URL' | 'GATEHOUSE_SEAL_KEY' | 'GATEHOUSE_BUS_KEY'>;

/** What policy's event store is made of. */
export function storeOptions({ DATABASE_URL, GATEHOUSE_SEAL_KEY, GATEHOUSE_BUS_KEY }: Keys): EventStoreModuleOptions {
  return {
    service: 'policy',
    schema: 'policy',
    databaseUrl: DATABASE_URL,
    sealKey: GATEHOUSE_SEAL_KEY,
    busKey: GATEHOUSE_BUS_KEY,
    aggregates,
    readModels: [documentHistory, revisionList, supersededRecords, ledgerPostings],
    migrations: [
      { name: '001-policy-tables-v1', class: PolicyTablesV1 },
      { name: '002-idempotency-keys', class: IdempotencyKeysTable },
      { name: '003-superseded-records', class: SupersededRecords },
      { name: '004-ledger-tables', class: LedgerTables },
      { name: '005-prompt-versions', class: PromptVersions },
    ],
    stateTopics: [topics.policySecrets.name, topics.policyOnboardings.name],
  };
}
