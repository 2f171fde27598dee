import type { DecisionRequest } from '#libs/access';
import type { FastifyRequest } from 'fastify';
import { v7 } from 'uuid';

/** What is known of a request before anybody has read it, on routes that no guard stands before. */
export type PublicRequest = Omit<DecisionRequest, 'atMs'>;

export function publicRequest(request: FastifyRequest): PublicRequest {
  return {
    decisionId: v7(),
    requestId: String(request.id),
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    httpMethod: request.method,
    // As the route is written: ids of interactions open something, and are in no record.
    path: request.routeOptions.url ?? '',
  };
}
