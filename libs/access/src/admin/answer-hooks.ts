import type { DecisionReason } from '#libs/contracts';
import { PROBLEM_CONTENT_TYPE } from '#libs/http';
import type { Clock } from '#libs/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { challengeOf } from '../tokens/challenge.js';
import type { RequestAuthentication } from './authenticate-request.js';
import type { RequestDecisions } from './request-decisions.js';
import { callerIn, traceOf, type RequestTrace } from './request-trace.js';

export const DECISION_ID_HEADER = 'gatehouse-decision-id';
/** Rules that changed or refused something, or that the credential is overdue by. */
export const APPLIED_RULES_HEADER = 'gatehouse-applied-rules';
export const POLICY_REVISION_HEADER = 'gatehouse-policy-revision';

export type AnswerHookParts = {
  readonly decisions: RequestDecisions;
  readonly authentication: RequestAuthentication;
  readonly clock: Clock;
  /** Where this service is reached. */
  readonly publicUrl: string;
  /** Whether nobody decides about such a request here: public, or a surface that records for itself. */
  readonly isExempt: (request: FastifyRequest) => boolean;
};

/**
 * The last place before an answer leaves: it is given its decision's id, and a refusal that nobody has recorded is
 * recorded now: an unknown path, a body that does not parse, a handler that failed before it asked.
 */
export function hookAnswers(server: FastifyInstance, parts: AnswerHookParts): void {
  server.addHook('onRequest', (request, _reply, done) => {
    traceOf(request, parts.clock.nowMs());
    done();
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const trace = traceOf(request, parts.clock.nowMs());
    if (!trace.isRecorded && reply.statusCode >= 400 && !trace.isPublic && !parts.isExempt(request)) {
      await recordRefusal(trace, request, reply, payload, parts);
    }
    challenge(trace, reply, payload, parts);
    if (trace.answeredId !== undefined) void reply.header(DECISION_ID_HEADER, trace.answeredId);
    if (trace.policyRevision !== undefined) void reply.header(POLICY_REVISION_HEADER, String(trace.policyRevision));
    const rules = trace.caller?.appliedRules ?? [];
    if (rules.length > 0) void reply.header(APPLIED_RULES_HEADER, rules.join(','));
    return payload;
  });
}

/** Tells a client with which credential it would get further, where there is one. */
function challenge({ actions }: RequestTrace, reply: FastifyReply, payload: unknown, parts: AnswerHookParts): void {
  if (reply.statusCode !== 401 && reply.statusCode !== 403) return;
  const text = challengeOf(parts.publicUrl, reply.statusCode, codeOf(reply, payload), actions.join(' '));
  if (text !== undefined) void reply.header('www-authenticate', text);
}

async function recordRefusal(
  trace: RequestTrace,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  { decisions, authentication }: AnswerHookParts,
): Promise<void> {
  const { statusCode } = reply;
  const reason = request.is404 ? unknownRoute(statusCode) : reasonOf(statusCode);
  // A path that does not exist is refused before anybody asks who came. Elsewhere the guard was not reached if a body
  // did not parse: the refusal is still of whoever sent it.
  const who = trace.caller || request.is404 ? undefined : await authentication.of(request, reply);
  if (who?.ok) callerIn(trace, who);
  decisions.deny(trace, codeOf(reply, payload), statusCode, reason, {}, trace.caller ? undefined : who);
}

function unknownRoute(status: number): DecisionReason {
  return status === 405 ? 'method_unknown' : 'route_unknown';
}

function reasonOf(status: number): DecisionReason {
  if (status === 413) return 'body_too_large';
  return status >= 500 ? 'internal_error' : 'invalid_request';
}

/** The code that the caller sees, out of the problem that is being sent; '' where it is none. */
function codeOf(reply: FastifyReply, payload: unknown): string {
  const type = String(reply.getHeader('content-type') ?? '');
  if (!type.startsWith(PROBLEM_CONTENT_TYPE) || !(Buffer.isBuffer(payload) || typeof payload === 'string')) return '';
  try {
    const { code } = JSON.parse(payload.toString()) as { code?: unknown };
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}
