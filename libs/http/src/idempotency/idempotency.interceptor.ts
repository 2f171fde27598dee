import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { POSITION_HEADER } from '../answers/answer.js';
import { problem, ProblemError } from '../problems/problem.js';
import { CallerScope, IdempotencyScope } from './idempotency-scope.js';
import { IdempotencyStore, type ClaimResult, type IdempotencyClaim } from './idempotency-store.js';
import { SHOWN_ONCE, withoutSecrets } from './shown-once.js';

const KEY = /^[\x21-\x7e]{1,255}$/;
const KEPT_HEADERS = ['etag', 'location', POSITION_HEADER];

/** `Idempotency-Key` on POST: the same request again answers what it answered, and does nothing. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly modules: ModuleRef,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const store = this.find(IdempotencyStore);
    const claim = store && this.claimOf(request);
    if (!store || !claim) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const found = await store.claim(claim);
    if (found.state !== 'claimed') return from([replay(found, claim, reply)]);
    const once = this.reflector.get<readonly string[] | undefined>(SHOWN_ONCE, context.getHandler());
    return from(this.first(store, claim, next, reply, once));
  }

  private async first(
    store: IdempotencyStore,
    claim: IdempotencyClaim,
    next: CallHandler,
    reply: FastifyReply,
    once: readonly string[] | undefined,
  ): Promise<unknown> {
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await store.release(claim);
      throw error;
    }
    const headers = KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return typeof value === 'string' ? [[name, value] as const] : [];
    });
    const answer = { status: reply.statusCode, headers: Object.fromEntries(headers), body: withoutSecrets(body, once) };
    // What was done is done: an answer that cannot be kept must not turn it into a failure.
    await store.keep(claim, answer).catch(() => undefined);
    return body;
  }

  private claimOf(request: FastifyRequest): IdempotencyClaim | undefined {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined) return undefined;
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw problem(400, 'invalid_request', 'Idempotency-Key is 1 to 255 visible ASCII characters, once.');
    }
    const who = (this.find(IdempotencyScope) ?? new CallerScope()).of(request);
    if (who === undefined) return undefined;
    const digest = createHash('sha256')
      .update(JSON.stringify([request.url, request.body ?? null]))
      .digest('base64url');
    return { scope: `${who} POST ${request.url.split('?', 1)[0]}`, key, digest };
  }

  private find<T>(token: abstract new () => T): T | undefined {
    try {
      return this.modules.get<T>(token as never, { strict: false });
    } catch {
      return undefined;
    }
  }
}

function replay(
  found: Exclude<ClaimResult, { state: 'claimed' }>,
  claim: IdempotencyClaim,
  reply: FastifyReply,
): unknown {
  if (found.digest !== claim.digest) {
    throw problem(422, 'idempotency/key-reused', 'This Idempotency-Key came with another request before.');
  }
  if (found.state === 'busy') {
    throw new ProblemError(
      409,
      'idempotency/in-progress',
      'The first request with this key is still being worked on.',
      {
        headers: { 'retry-after': '1' },
      },
    );
  }
  void reply.status(found.answer.status).headers({ ...found.answer.headers, 'idempotent-replayed': 'true' });
  return found.answer.body === '' ? undefined : (JSON.parse(found.answer.body) as unknown);
}
