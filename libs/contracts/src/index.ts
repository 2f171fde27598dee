export { Sealed } from './sealed.js';
export { Labels, PLATFORM_TENANT, Slug } from './names.js';
export { COMPACTION_RETENTION_MS, decisionTopics, topics, type Service, type TopicSpec } from './topics.js';
export {
  TenantCreated,
  TenantDeleted,
  TenantLabelled,
  TenantResumed,
  TenantSuspended,
  tenantEvents,
  type TenantEvent,
} from './identity/tenant.events.js';
export {
  UserDeactivated,
  UserErased,
  userEvents,
  UserLabelled,
  UserRegistered,
  UserResumed,
  UserSuspended,
  type UserEvent,
} from './identity/user.events.js';
export {
  TeamCreated,
  TeamDeleted,
  TeamResumed,
  TeamSuspended,
  teamEvents,
  TeamMemberAdded,
  TeamManagerAdded,
  TeamManagerRemoved,
  TeamMemberRemoved,
  type TeamEvent,
} from './identity/team.events.js';
export {
  VirtualAccountCreated,
  VirtualAccountDeleted,
  virtualAccountEvents,
  VirtualAccountLabelled,
  VirtualAccountMoved,
  VirtualAccountResumed,
  VirtualAccountRotationScheduled,
  VirtualAccountSuspended,
  type VirtualAccountEvent,
} from './identity/virtual-account.events.js';
export {
  InvitationAccepted,
  invitationEvents,
  InvitationExpired,
  InvitationIssued,
  InvitationWithdrawn,
  type InvitationEvent,
} from './identity/invitation.events.js';
export { KeyRestrictions } from './identity/key-restrictions.js';
export {
  apiKeyEvents,
  ApiKeyIssued,
  ApiKeyResumed,
  ApiKeyRevoked,
  ApiKeyRotated,
  ApiKeyRotationFailed,
  ApiKeyRotationPrepared,
  ApiKeyRotationScheduled,
  ApiKeySuspended,
  ApiKeyUsed,
  KeyKind,
  type ApiKeyEvent,
} from './identity/api-key.events.js';
export { RotationSchedule } from './identity/rotation-schedule.js';
export {
  OnboardingCleared,
  OnboardingCompleted,
  onboardingEvents,
  OnboardingFailed,
  OnboardingRequested,
  type OnboardingEvent,
} from './identity/onboarding.events.js';
export { ONBOARDING_DOCUMENTS_MAX, OnboardingRecord, type RequestedOnboarding } from './identity/onboarding.record.js';
export {
  ONBOARDING_PROBLEMS_MAX,
  OnboardingPolicyConfirmed,
  onboardingPolicyEvents,
  OnboardingPolicyRefused,
  OnboardingPolicyWithdrawn,
  OnboardingProblem,
  type OnboardingPolicyEvent,
} from './policy/onboarding.events.js';
export { OnboardingAnswer } from './policy/onboarding.record.js';
export { CredentialRecord, CredentialSecret } from './identity/credential.record.js';
export { PrincipalRecord, TeamRecord, TenantRecord } from './identity/principal.record.js';
export { ACCESS_TOKEN_SECONDS, ACCESS_TOKEN_SECONDS_MAX, AccessTokenClaims } from './identity/access-token.js';
export { ClientRecord, EXCHANGE_CLIENT_ID } from './identity/client.record.js';
export {
  ClientAuthMethod,
  ClientGrantType,
  OAuthClientChanged,
  OAuthClientCreated,
  OAuthClientDeleted,
  OAuthClientDisabled,
  OAuthClientEnabled,
  oauthClientEvents,
  OAuthClientSecretRotated,
  OAuthClientSettings,
  type OAuthClientEvent,
} from './identity/oauth-client.events.js';
export {
  EXTERNAL_TOKEN_SECONDS_MAX,
  IssuerKey,
  IssuerMapping,
  IssuerRecord,
  OWN_ISSUER_ID,
  TokenAlgorithm,
} from './identity/issuer.record.js';
export {
  IssuerChanged,
  IssuerDeleted,
  IssuerDisabled,
  IssuerEnabled,
  issuerEvents,
  IssuerKeysFetched,
  IssuerKeySource,
  IssuerSettings,
  IssuerTrusted,
  OwnIssuerPublished,
  type IssuerEvent,
} from './identity/issuer.events.js';
export {
  RevocationForgotten,
  revocationEvents,
  TokensRevoked,
  type RevocationEvent,
} from './identity/revocation.events.js';
export { RevocationKind, RevocationRecord } from './identity/revocation.record.js';
export {
  clientKey,
  credentialKey,
  issuerKey,
  principalKey,
  revocationKey,
  splitStateKey,
  teamId,
  teamKey,
  tenantKey,
  WATERMARK_KEY,
} from './identity/state-keys.js';
export {
  DocumentChange,
  policyEvents,
  ProviderCredentialSet,
  RevisionPublished,
  type PolicyEvent,
} from './policy/revision.events.js';
export { LedgerEntryPosted, ledgerEvents, type LedgerEvent } from './policy/ledger.events.js';
export { DocumentKind, DocumentRecord, HeadRecord, SecretRecord } from './policy/document.record.js';
export {
  documentKey,
  headKey,
  parsePolicyStateKey,
  secretKey,
  setDigestInput,
  type PolicyStateKey,
} from './policy/state-keys.js';
export { SetDigest, type DigestedDocument } from './policy/set-digest.js';
export { KeptPromptVersion, PROMPT_VERSIONS_KEPT_MAX, PromptVersions } from './policy/prompt-versions.js';
export { AppliedPosition, ReplicaRecord } from './gateway/replica.record.js';
export { CONTENTS_JWE_BYTES_MAX, contentsKey, ContentsRecord } from './gateway/contents.record.js';
export { parseUsageKey, readUsageRecord, usageKey, UsageRecord } from './gateway/usage.record.js';
export {
  CHAIN_SEGMENTS_MAX,
  CHECKPOINT_WRITERS_MAX,
  ChainCheckpointed,
  chainEvents,
  ChainPlace,
  ChainSegment,
  type ChainEvent,
  type Checkpoint,
  type SignedCheckpoint,
  type WrittenPartition,
} from './audit/chain.events.js';
export {
  DEAD_LETTER_ID,
  deadLetterEvents,
  DeadLetterRedriven,
  type DeadLetterEvent,
} from './audit/dead-letter.events.js';
export {
  ContentKeyCreated,
  ContentKeyDeleted,
  contentKeyEvents,
  type ContentKeyDeletedCause,
  type ContentKeyEvent,
} from './audit/content-key.events.js';
export { ContentKeyRecord } from './audit/content-key.record.js';
export { legalHoldEvents, LegalHoldReleased, LegalHoldSet, type LegalHoldEvent } from './audit/legal-hold.events.js';
export { Finding } from './audit/finding.record.js';
export { KEY_USES_PER_RECORD_MAX, KeyUses } from './audit/key-uses.record.js';
export { refusalStatus, type RefusalCode } from './decisions/codes.js';
export { decisionReasons, type DecisionReason } from './decisions/reasons.js';
export { AccessDecided } from './decisions/access-decided.record.js';
export { CallCompleted } from './decisions/call-completed.record.js';
export {
  DecisionBatch,
  decisionPartition,
  DecisionRecord,
  DECISIONS_PER_RECORD_MAX,
} from './decisions/decision-batch.record.js';
export { fitsTimeColumn } from './decisions/column-time.js';
export { readDecisionBatch } from './decisions/read-decision-batch.js';
