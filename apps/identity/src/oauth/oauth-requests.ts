import type { FastifyRequest } from 'fastify';
import { publicRequest, type PublicRequest } from '../public-request.js';

const requests = new WeakMap<object, PublicRequest>();

/** Of a request as it came; made when it is first asked for. */
export function oauthRequestOf(request: FastifyRequest): PublicRequest {
  const known = requests.get(request.raw);
  if (known) return known;
  const made = publicRequest(request);
  requests.set(request.raw, made);
  return made;
}

/** By Node's own request, which is what oidc-provider has. */
export const oauthRequestOfRaw = (raw: object): PublicRequest | undefined => requests.get(raw);
