import { topics } from '#libs/contracts';
import type { EventStoreModuleOptions } from '#libs/event-store';
import { AccountSchedules } from '../migrations/account-schedules.migration.js';
import { DueRotations } from '../migrations/due-rotations.migration.js';
import { IdempotencyKeysTable } from '../migrations/idempotency-keys.migration.js';
import { InvitationListV1 } from '../migrations/invitation-list-v1.migration.js';
import { IssuerFetchesV1 } from '../migrations/issuer-fetches-v1.migration.js';
import { KeyUsesV1 } from '../migrations/key-uses-v1.migration.js';
import { ListsV1 } from '../migrations/lists-v1.migration.js';
import { OnboardingListV1 } from '../migrations/onboarding-list-v1.migration.js';
import { OAuthV1 } from '../migrations/oauth-v1.migration.js';
import { PasswordsV1 } from '../migrations/passwords-v1.migration.js';
import { RevocationProofsV1 } from '../migrations/revocation-proofs-v1.migration.js';
import { SigningKeysV1 } from '../migrations/signing-keys-v1.migration.js';
import { TokenListsV1 } from '../migrations/token-lists-v1.migration.js';
import { TokenRevocationsV1 } from '../migrations/token-revocations-v1.migration.js';
import { aggregates } from './aggregates.js';
import type { IdentityConfig } from './config.js';
import { listReadModel } from './lists/list-table.adapter.js';
import { narrower } from './narrower.js';
import { endedTokens } from './oauth/artifacts/ended-tokens.js';
import { lists } from './tables.js';

type Keys = Pick<IdentityConfig, 'DATABASE_URL' | 'GATEHOUSE_SEAL_KEY' | 'GATEHOUSE_BUS_KEY'>;

/** What identity's event store is made of. */
export function storeOptions({ DATABASE_URL, GATEHOUSE_SEAL_KEY, GATEHOUSE_BUS_KEY }: Keys): EventStoreModuleOptions {
  return {
    service: 'identity',
    schema: 'identity',
    databaseUrl: DATABASE_URL,
    sealKey: GATEHOUSE_SEAL_KEY,
    busKey: GATEHOUSE_BUS_KEY,
    aggregates,
    readModels: [...lists.map((list) => listReadModel(list as never)), endedTokens as never],
    migrations: [
      { name: '001-lists-v1', class: ListsV1 },
      { name: '002-revocation-proofs-v1', class: RevocationProofsV1 },
      { name: '003-idempotency-keys', class: IdempotencyKeysTable },
      { name: '004-passwords-v1', class: PasswordsV1 },
      { name: '005-token-lists-v1', class: TokenListsV1 },
      { name: '006-signing-keys-v1', class: SigningKeysV1 },
      { name: '007-issuer-fetches-v1', class: IssuerFetchesV1 },
      { name: '008-token-revocations-v1', class: TokenRevocationsV1 },
      { name: '009-oauth-v1', class: OAuthV1 },
      { name: '010-key-uses-v1', class: KeyUsesV1 },
      { name: '011-due-rotations', class: DueRotations },
      { name: '012-invitation-list-v1', class: InvitationListV1 },
      { name: '013-onboarding-list-v1', class: OnboardingListV1 },
      { name: '014-account-schedules', class: AccountSchedules },
    ],
    stateTopics: [topics.identityOnboardings.name],
    adopt: narrower,
  };
}
