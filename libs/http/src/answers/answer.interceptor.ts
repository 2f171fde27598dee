import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Answer } from './answer.js';

/** Turns an `Answer` into status, headers and body. Nothing on these APIs may be kept by a cache. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((result: unknown) => {
        if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
        if (!(result instanceof Answer)) return result;
        if (result.status !== undefined) void reply.status(result.status);
        void reply.headers(result.headers);
        return result.body as unknown;
      }),
    );
  }
}
