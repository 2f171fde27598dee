import type { IncomingMessage, ServerResponse } from 'node:http';
import { clientAddress } from '../edge/client-address.js';
import { decisionIdAt } from '../edge/decision-id.js';
import { requestIdFor } from '../edge/request-id.js';
import type { Arrived } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

const userAgentCharactersMax = 256;

/** The first state of every request. */
export function arrive(
  { clock, trustedProxies }: Pick<GatewayParts, 'clock' | 'trustedProxies'>,
  request: IncomingMessage,
  response: ServerResponse,
): Arrived {
  const atMs = clock.nowMs();
  const decisionId = decisionIdAt(atMs);
  return {
    request,
    response,
    decisionId,
    requestId: requestIdFor(request, decisionId),
    atMs,
    begunMs: performance.now(),
    ip: clientAddress(request, trustedProxies),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, userAgentCharactersMax),
  };
}
