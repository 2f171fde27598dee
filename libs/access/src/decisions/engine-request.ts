import type { AccessRequest } from '#libs/decision-engine';
import type { Authenticated } from '../authentication/caller.js';

const DAY_MS = 86_400_000;

/** What is acted upon; `tenant` is the caller's own unless given. */
export type AccessResource = AccessRequest['resource'];

/** The circumstances that an authenticated caller acts in. */
export type Circumstances = AccessRequest['request'];

/** The question to the decision engine. `who` is what `authenticate` answered, or a `Caller`. */
export function engineRequest(
  who: Omit<Authenticated, 'ok'>,
  action: string,
  resource: AccessResource,
  request: Circumstances,
): AccessRequest {
  return {
    principal: who.principal,
    action,
    resource,
    credential: {
      kind: who.keyKind,
      labels: who.keyLabels,
      ageDays: Math.max(0, (request.timeMs - who.issuedAtMs) / DAY_MS),
      restrictions: who.restrictions,
      details: who.details,
      scopes: who.scopes,
    },
    request,
  };
}
