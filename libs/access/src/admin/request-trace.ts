import type { FastifyRequest } from 'fastify';
import { v7 } from 'uuid';
import type { Authenticated, Caller } from '../authentication/caller.js';
import type { DecisionRequest } from '../decisions/decision-entry.js';

/** What became known of one request on its way: who asks, and what has been decided and recorded. */
export class RequestTrace {
  caller: Caller | undefined;
  /** Of `@Requires`; empty before the guard has run. */
  actions: readonly string[] = [];
  /** The route needs no credential and decides nothing. */
  isPublic = false;
  /** What a success of the route answers. */
  expectedStatus = 200;
  /** The handler has asked whether it may; its decision is recorded. */
  asked = false;
  /** What the answer carries as `gatehouse-decision-id`; undefined while nothing is recorded. */
  answeredId: string | undefined;
  policyRevision: number | undefined;
  /** Resolves when strict tenants' records are on disk. */
  durable: (() => Promise<void>) | undefined;
  private firstIdTaken = false;
  private refused = false;

  constructor(readonly request: DecisionRequest) {}

  /** The first decision of a request has the id that its caller was given; each further one has its own. */
  nextDecisionId(): string {
    if (this.firstIdTaken) return v7();
    this.firstIdTaken = true;
    return this.request.decisionId;
  }

  /** The last refusal is what the answer is about, else the first that was allowed. */
  recorded(decisionId: string, outcome: 'allow' | 'deny'): void {
    this.firstIdTaken = true;
    if (this.answeredId !== undefined && outcome === 'allow') return;
    if (outcome === 'deny') this.refused = true;
    if (outcome === 'deny' || !this.refused) this.answeredId = decisionId;
  }

  get isRecorded(): boolean {
    return this.answeredId !== undefined;
  }
}

const traces = new WeakMap<object, RequestTrace>();

/** The trace of a request; made when it is first asked for. */
export function traceOf(request: FastifyRequest, nowMs: number): RequestTrace {
  const known = traces.get(request);
  if (known) return known;
  const trace = new RequestTrace({
    decisionId: v7(),
    requestId: String(request.id),
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    httpMethod: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    atMs: nowMs,
  });
  traces.set(request, trace);
  return trace;
}

/** Puts caller and request together; the trace is found again by the caller. */
export function callerIn(trace: RequestTrace, { ok: _, ...who }: Authenticated): Caller {
  const { teams, labels } = who.principal;
  const caller: Caller = Object.freeze({ ...who, ...trace.request, teams, labels });
  trace.caller = caller;
  traces.set(caller, trace);
  return caller;
}

/** The trace of the request that a caller was made for; undefined for one that no guard has made. */
export function traceOfCaller(caller: Caller): RequestTrace | undefined {
  return traces.get(caller);
}
