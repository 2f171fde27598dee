import { Logger } from '#libs/telemetry';
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { RequestDecisions } from './request-decisions.js';
import { traceOf, type RequestTrace } from './request-trace.js';

/** Refuses to answer for a handler that never asked, and waits until a strict tenant's decision is on disk. */
@Injectable()
export class AccessInterceptor implements NestInterceptor {
  constructor(
    @Inject(RequestDecisions) private readonly decisions: RequestDecisions,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const trace = traceOf(http.getRequest<FastifyRequest>(), 0);
    if (trace.isPublic) return next.handle();
    return next.handle().pipe(
      mergeMap(async (body: unknown) => {
        this.insistOnDecision(trace, http.getResponse<FastifyReply>());
        await trace.durable?.();
        return body;
      }),
    );
  }

  private insistOnDecision(trace: RequestTrace, reply: FastifyReply): void {
    if (trace.asked) return;
    if (reply.getHeader('idempotent-replayed') !== undefined) {
      // The caller's own earlier answer, without what was shown once: the decision about it was recorded then.
      return this.decisions.allow(trace, 'granted', { attributes: { replayed: 'true' } });
    }
    this.logger.error({ path: trace.request.path, actions: trace.actions }, 'a handler answered without having asked');
    this.decisions.deny(trace, 'internal_error', 500, 'internal_error');
    throw new Error('The handler never asked whether it may.');
  }
}
