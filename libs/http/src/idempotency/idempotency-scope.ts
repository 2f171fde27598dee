import type { FastifyRequest } from 'fastify';

/** Who asks, as far as idempotency goes; port and injection token. */
export abstract class IdempotencyScope {
  /** Undefined where there is no verified caller: a key means nothing there. */
  abstract of(request: FastifyRequest): string | undefined;
}

/** The default: what the guard left at `request.caller`. */
export class CallerScope extends IdempotencyScope {
  override of(request: FastifyRequest): string | undefined {
    const { caller } = request as { caller?: { tenantId?: unknown; principalId?: unknown } };
    if (typeof caller?.tenantId !== 'string' || typeof caller.principalId !== 'string') return undefined;
    return `${caller.tenantId} ${caller.principalId}`;
  }
}
