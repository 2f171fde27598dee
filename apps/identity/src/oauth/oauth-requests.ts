import type { FastifyRequest } from 'fastify';
import { v7 } from 'uuid';

/** What is known of a request before anybody has read it. */
export type OAuthRequest = {
  readonly decisionId: string;
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly httpMethod: string;
  /** As the route is written: ids of interactions open something, and are in no record. */
  readonly path: string;
};

const requests = new WeakMap<object, OAuthRequest>();

/** Of a request as it came; made when it is first asked for. */
export function oauthRequestOf(request: FastifyRequest): OAuthRequest {
  const known = requests.get(request.raw);
  if (known) return known;
  const made: OAuthRequest = {
    decisionId: v7(),
    requestId: String(request.id),
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    httpMethod: request.method,
    path: request.routeOptions.url ?? '',
  };
  requests.set(request.raw, made);
  return made;
}

/** By Node's own request, which is what oidc-provider has. */
export const oauthRequestOfRaw = (raw: object): OAuthRequest | undefined => requests.get(raw);
