import { ProviderCredentialSet, type PolicyEvent } from '#libs/contracts';
import type { Decider } from '#libs/decider';

export type SetProviderCredential = {
  type: 'SetProviderCredential';
  tenantId: string;
  account: string;
  origin: string;
  at: string;
};
export type ProviderCredentialState = { version: number; origin: string | null };

type CredentialEvent = Extract<PolicyEvent, { type: 'policy.provider-credential.set' }>;

/** Counts the versions of an account's credential; the credential itself never comes here. */
export const providerCredentialDecider: Decider<ProviderCredentialState, SetProviderCredential, CredentialEvent> = {
  initialState: () => ({ version: 0, origin: null }),
  evolve: (_state, { data }) => ({ version: data.version, origin: data.origin }),
  decide: ({ tenantId, account, origin, at }, { version }) => [
    ProviderCredentialSet.of({ tenantId, account, origin, at, version: version + 1 }),
  ],
};
