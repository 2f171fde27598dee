import { ConsentsController } from '../consents/consents.controller.js';
import { LoginSessions } from '../sessions/login-sessions.js';
import { SessionsController } from '../sessions/sessions.controller.js';
import { ArtifactTable } from './artifacts/artifact-table.js';
import { GrantTable } from './artifacts/grant-table.js';
import { Pruning } from './artifacts/pruning.js';
import { ReplayTable } from './artifacts/replay-table.js';
import { Clients } from './clients/clients.js';
import { GrantEnds } from './grant-ends.js';
import { SubjectTokens } from './grants/subject-tokens.js';
import { Consent } from './interactions/consent.js';
import { InteractionsController } from './interactions/interactions.controller.js';
import { Login } from './interactions/login.js';
import { FORM_KEY, PendingRequests } from './interactions/pending.js';
import { OAuthMount } from './mount.js';
import { OAuthDecisions } from './oauth-decisions.js';
import { oauthKey } from './provider/cookie-keys.js';
import { COOKIE_KEYS, OAuthProvider } from './provider/oauth-provider.js';
import { StructuredTokens } from './provider/structured-tokens.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { CodeTokens } from './tokens/code-tokens.js';
import { OwnTokens } from './tokens/own-tokens.js';
import { TokenSubjects } from './tokens/token-subjects.js';

/** What the OAuth server adds to identity's module; it stands on the lists and aggregates of its neighbours. */
export const oauthControllers = [InteractionsController, ConsentsController, SessionsController];

export const oauthProviders = [
  ArtifactTable,
  GrantTable,
  ReplayTable,
  Pruning,
  Clients,
  GrantEnds,
  SubjectTokens,
  TokenSubjects,
  AccessTokens,
  CodeTokens,
  OwnTokens,
  StructuredTokens,
  OAuthDecisions,
  OAuthProvider,
  OAuthMount,
  PendingRequests,
  Login,
  Consent,
  LoginSessions,
];

/** @param secret Base64, `GATEHOUSE_SIGNING_KEY`: what cookies and forms are signed with is derived from it. */
export function oauthKeys(secret: string) {
  const bytes = Buffer.from(secret, 'base64');
  return [
    { provide: COOKIE_KEYS, useFactory: () => [oauthKey(bytes, 'cookies')] },
    { provide: FORM_KEY, useFactory: () => oauthKey(bytes, 'forms') },
  ];
}
