import { refusalStatus } from '#libs/contracts';
import { MIN_POSITION_HEADER, parsePosition } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable, RequestMethod, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authentication/caller.js';
import { AccessRefused } from '../decisions/access-refused.js';
import { AccessFeed } from '../feed/access-feed.js';
import { RequestAuthentication } from './authenticate-request.js';
import { PUBLIC, REQUIRES } from './decorators.js';
import { RequestDecisions } from './request-decisions.js';
import { callerIn, traceOf, type RequestTrace } from './request-trace.js';

/** Longest wait for a position that a request names, ms. */
export const POSITION_WAIT_MS = 250;

/**
 * Lets nobody into a handler who is not known, nor anybody into one that declares nothing. Which rights the caller needs
 * is asked by the handler, of the thing that it resolves.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(RequestAuthentication) private readonly authentication: RequestAuthentication,
    @Inject(RequestDecisions) private readonly decisions: RequestDecisions,
    @Inject(AccessFeed) private readonly feed: AccessFeed,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Messages of the bus carry a MAC, not a caller.
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & { caller?: Caller }>();
    const trace = traceOf(request, this.clock.nowMs());
    const places = [context.getHandler(), context.getClass()];
    trace.isPublic = this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, places) === true;
    if (trace.isPublic) return true;
    trace.actions = this.reflector.getAllAndOverride<readonly string[] | undefined>(REQUIRES, places) ?? [];
    trace.expectedStatus = successStatus(this.reflector, context);
    if (trace.actions.length === 0) throw this.undeclared(trace);
    if (!this.feed.isReady()) throw this.decisions.refuse(trace, 'not_ready', 'not_ready');
    request.caller = await this.callerOf(request, http.getResponse<FastifyReply>(), trace);
    await this.awaitPosition(request, trace);
    return true;
  }

  private async callerOf(request: FastifyRequest, reply: FastifyReply, trace: RequestTrace): Promise<Caller> {
    const who = await this.authentication.of(request, reply);
    if (who.ok) return callerIn(trace, who);
    const { code, reason } = who;
    const decisionId = this.decisions.deny(trace, code, refusalStatus[code], reason, {}, who);
    throw new AccessRefused(code, reason, decisionId);
  }

  private async awaitPosition(request: FastifyRequest, trace: RequestTrace): Promise<void> {
    const given = request.headers[MIN_POSITION_HEADER];
    if (given === undefined) return;
    const wanted = typeof given === 'string' ? parsePosition(given) : undefined;
    if (!wanted || (wanted.store !== 'identity' && wanted.store !== 'policy')) {
      throw this.decisions.refuse(trace, 'invalid_request', 'invalid_request');
    }
    const outcome = await this.feed.waitForPosition(wanted.store, wanted.position, POSITION_WAIT_MS);
    if (outcome !== 'reached') throw this.decisions.refuse(trace, 'not_ready', 'position_not_reached');
  }

  private undeclared(trace: RequestTrace): Error {
    this.logger.error({ path: trace.request.path }, 'a route without @Requires or @Public was called');
    this.decisions.deny(trace, 'internal_error', 500, 'internal_error');
    return new Error('The route declares no action.');
  }
}

function successStatus(reflector: Reflector, context: ExecutionContext): number {
  const declared = reflector.get<number | undefined>(HTTP_CODE_METADATA, context.getHandler());
  if (declared !== undefined) return declared;
  const method = reflector.get<RequestMethod | undefined>(METHOD_METADATA, context.getHandler());
  return method === RequestMethod.POST ? 201 : 200;
}
