import type { IncomingMessage, ServerResponse } from 'node:http';
import { v7 } from 'uuid';
import { clientAddress } from '../edge/client-address.js';
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
  const decisionId = v7();
  return {
    request,
    response,
    decisionId,
    requestId: requestIdFor(request, decisionId),
    atMs: clock.nowMs(),
    begunMs: performance.now(),
    ip: clientAddress(request, trustedProxies),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, userAgentCharactersMax),
  };
}
