// Keys
export {
  isKeyText,
  KEY_PATTERN,
  KEY_TEXT_LENGTH,
  mintKeyText,
  mintRotatedText,
  parseKeyText,
  redactKeys,
  type KeyEnvironment,
  type MintedKey,
  type ParsedKey,
} from './keys/key-text.js';
export {
  CLIENT_SECRET_PATTERN,
  isClientSecretText,
  mintClientSecret,
  redactClientSecrets,
} from './keys/client-secret-text.js';
export { INVITATION_TOKEN_PATTERN, invitationIdIn, mintInvitationToken } from './keys/invitation-token-text.js';
export { Peppers } from './keys/peppers.js';
// Upstream credentials
export { openBox, sealBox } from './secrets/aes-box.js';
export { MasterKey } from './secrets/master-key.js';
export {
  openUpstreamCredential,
  sealUpstreamCredential,
  UpstreamCredentialUnreadable,
  type UpstreamCredentialPlace,
} from './secrets/upstream-credential.js';
// Views and feed
export { IDENTITY_FORMAT as ACCESS_STATE_FORMAT } from './identity/identity-snapshot.js';
export { FollowingIdentityView } from './identity/following-identity-view.js';
export type { IdentityNews } from './identity/identity-news.js';
export { IdentityView } from './identity/identity-view.js';
export { ToldIdentityView } from './identity/told-identity-view.js';
export type { CredentialShare } from './identity/credential-news.js';
export { readRecord } from './identity/read-record.js';
export type { EnginePrincipal } from './identity/directory.js';
export { promptVersionsOf, type HeldPromptVersions } from './policy/prompt-versions.js';
export { LAST_GOOD_SERVED_MS, PolicyView, type PolicyViewOptions } from './policy/policy-view.js';
export type { PolicyAlarm } from './policy/tenant-policy.js';
export { AccessFeed } from './feed/access-feed.js';
export type { AccessFeedOptions, AccessState, FeedName } from './feed/access-feed-options.js';
export { FollowingFeed, type FeedStanding } from './feed/following-feed.js';
export type { Freshness } from './feed/freshness.js';
export type { WaitOutcome } from './feed/position-waiters.js';
export { KafkaReplicaReporter, type ReplicaReporter } from './feed/replica-reporter.js';
export type { StateChunk } from './feed/state-chunk.js';
export { UnreadableStateKey } from './feed/unreadable-state-key.js';
// Authentication
export { Authenticator, type AuthenticatorOptions } from './authentication/authenticator.js';
export type { Authenticated, Caller, TokenIdentity, Unauthenticated } from './authentication/caller.js';
export { challengeOf, RESOURCE_METADATA_PATH } from './tokens/challenge.js';
export { resourceMetadata } from './tokens/resource-metadata.js';
export { TOKEN_CHARACTERS_MAX } from './tokens/compact-jws.js';
export { looksLikeToken, TokenAuthenticator, type TokenAuthenticatorOptions } from './tokens/token-authenticator.js';
// Decisions
export { AccessRefused } from './decisions/access-refused.js';
export { callerText } from './decisions/caller-text.js';
export { callerAttributes, resourceAttributes, tokenAttributes } from './decisions/decision-attributes.js';
export { NOBODY, type DecisionEntry, type DecisionRequest, type DecisionWho } from './decisions/decision-entry.js';
export { DecisionLog } from './decisions/decision-log.js';
export { engineRequest, type AccessResource } from './decisions/engine-request.js';
export { refusalDetail } from './decisions/refusal-detail.js';
// Administrative routes
export { AccessModule } from './access.module.js';
export type { AccessModuleOptions } from './access-options.js';
export { Access, type AccessQuestion } from './admin/access.js';
export { APPLIED_RULES_HEADER, DECISION_ID_HEADER, POLICY_REVISION_HEADER } from './admin/answer-hooks.js';
export { CallerParam, Public, Requires } from './admin/decorators.js';
export { Reauthentication } from './admin/reauthentication.js';
// Suites for specs
export { crossTenantFindings, type ForeignTenant } from './routes/cross-tenant-findings.js';
export { listRoutes, routesIn, type Route } from './routes/list-routes.js';
export { unconditionalWrites } from './routes/unconditional-writes.js';
export { OAUTH_PATHS, PUBLIC_PATHS, undeclaredRoutes } from './routes/undeclared-routes.js';
