/** Kinds that are found by what is presented. */
export type ArtifactKind = 'AuthorizationCode' | 'RefreshToken' | 'AccessToken' | 'Session' | 'Interaction';

/** What oidc-provider puts into a model, as far as anybody here reads it. */
export type Content = Record<string, unknown> & {
  readonly accountId?: string;
  readonly clientId?: string;
  readonly grantId?: string;
  readonly sessionUid?: string;
  readonly uid?: string;
};

export type ArtifactRow = {
  readonly sealed: string;
  readonly consumed_at: Date | null;
  readonly successor: string | null;
  /** Consumed a moment ago, and what took over has not been used: the answer may have been lost on its way. */
  readonly is_retry: boolean;
};

/** Columns of an artifact that are not sealed: by them it ends with its grant, its session or its account. */
export function placesOf(kind: ArtifactKind, { grantId, accountId, clientId, sessionUid, uid }: Content) {
  return [grantId, accountId, clientId, kind === 'Session' ? uid : sessionUid].map((value) => value ?? null);
}
