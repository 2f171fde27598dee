import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal } from '../refusals/answer-refusal.js';
import { Refusal, TargetRefusal } from '../refusals/refusal.js';
import type { GoingOn, RelayOutcome } from '../relay/relay-outcome.js';
import { arrive } from './arrive.js';
import { authenticateStep } from './authenticate.step.js';
import { authoriseStep } from './authorise.step.js';
import { asksForPosition, awaitPositionStep } from './await-position.step.js';
import { Bag } from './bag.js';
import { enterStep, leaveStep } from './enter.step.js';
import {
  advance,
  type Arrived,
  type Authenticated,
  type Authorised,
  type Governed,
  type Known,
  type Limited,
  type Reached,
  type Read,
  type StepAnswer,
} from './exchange.js';
import { fallBackStep, passedOver, targetBehind } from './fall-back.step.js';
import type { GatewayParts } from './gateway-parts.js';
import { limitStep, unlimitStep } from './limit.step.js';
import { answerListing, listStep } from './list.step.js';
import { OpenStreams } from './open-streams.js';
import { overflowStep } from './overflow.step.js';
import { promptStep } from './prompt.step.js';
import { reachStep } from './reach.step.js';
import { readStep } from './read.step.js';
import { recordAllowed, recordRefusal } from './record.step.js';
import { relayStep } from './relay.step.js';
import { governStep, resolveStep } from './resolve.step.js';
import { routeStep } from './route.step.js';
import { settleStep } from './settle.step.js';

const defect = 'Something went wrong on our side.';

/** `route → authenticate → read body → resolve model → authorise → put in prompt → reach → limit → record → relay → settle → record`. */
export class Pipeline {
  private readonly underWay = new Bag<ServerResponse>();
  private idle: (() => void) | undefined;

  private readonly streams: OpenStreams;

  constructor(private readonly parts: GatewayParts) {
    this.streams = new OpenStreams(parts);
  }

  /** Serves one request to its end. Never throws and never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = arrive(this.parts, request, response);
    const held = this.underWay.add(response);
    try {
      const refusal = await this.run(arrived);
      if (refusal) this.refuse(arrived, refusal);
    } catch (error) {
      this.fail(arrived, error);
    } finally {
      this.underWay.remove(held);
      if (this.underWay.size === 0) this.idle?.();
    }
  }

  /** Resolves when no request is under way. */
  drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.idle = resolve;
    if (this.underWay.size === 0) resolve();
    return promise;
  }

  /** Requests under way. */
  get count(): number {
    return this.underWay.size;
  }

  /**
   * Ends what is under way: streams by an error, all else as if its callers had left. Upstreams stop, and every call gets
   * its end on record.
   */
  cut(): void {
    this.streams.cutAll();
    // Streams are over by then, and leave as their last words are written.
    setImmediate(() => {
      for (const response of this.underWay.things()) response.destroy();
    });
  }

  private async run(arrived: Arrived): Promise<Refusal | undefined> {
    const routed = routeStep(arrived);
    if (routed instanceof Refusal) return routed;
    const known = authenticateStep(this.parts, routed);
    // Awaited only where it takes time: keys, and tokens that were seen before, are known at once.
    const authenticated = known instanceof Promise ? await known : known;
    if (authenticated instanceof Refusal) return authenticated;
    if (asksForPosition(authenticated)) {
      const awaited = await awaitPositionStep(this.parts, authenticated);
      if (awaited instanceof Refusal) return awaited;
    }
    return routed.route.metering === 'none' ? this.list(authenticated) : this.call(authenticated);
  }

  private async list(authenticated: Authenticated): Promise<Refusal | undefined> {
    const governed = governStep(this.parts, authenticated);
    if (governed instanceof Refusal) return governed;
    const listed = listStep(this.parts, governed);
    if (listed instanceof Refusal) return listed;
    const unrecorded = await this.record(listed);
    if (unrecorded) return unrecorded;
    answerListing(listed);
    return undefined;
  }

  private async call(authenticated: Authenticated): Promise<Refusal | undefined> {
    const read = await readStep(this.parts, authenticated);
    if (read === 'gone') return new Refusal('invalid_request', 'invalid_request', 'The body ended early.');
    if (read instanceof Refusal) return read;
    let refusalOfAttempt: Refusal | undefined;
    for (let next: Read | undefined = read; next;) {
      const ended = await this.attempt(next);
      if (ended instanceof Refusal) return ended;
      refusalOfAttempt = ended.refusal;
      // Bounded by the attempts that one request has.
      const again: StepAnswer<Read> | undefined = ended.goesOn
        ? await fallBackStep(this.parts, next, ended.goesOn)
        : undefined;
      if (again instanceof Refusal) return again;
      next = again;
    }
    return refusalOfAttempt;
  }

  /** One call of one upstream, from the decision on it to its end on record. */
  private async attempt(read: Read): Promise<RelayOutcome | Refusal> {
    const governed = governStep(this.parts, read);
    if (governed instanceof Refusal) return governed;
    const resolved = resolveStep(governed);
    if (resolved instanceof Refusal) return resolved;
    const authorised = authoriseStep(this.parts, resolved);
    if (authorised instanceof Refusal) return authorised;
    const prompted = promptStep(authorised);
    if (prompted instanceof Refusal) return prompted;
    const reached = reachStep(this.parts, prompted);
    if (reached instanceof Refusal) return this.passOver(prompted, reached);
    const limiting = limitStep(this.parts, reached);
    // Awaited only where the other gateways have to be heard.
    const limited = limiting instanceof Promise ? await limiting : limiting;
    if (limited instanceof Refusal) return this.overflow(reached, limited);
    try {
      return await this.send(limited);
    } finally {
      // Whatever went wrong, nothing stays set aside; what was settled already stays as it is.
      unlimitStep(limited, undefined);
    }
  }

  /** What is allowed and within its limits: on record, to its upstream, and its end on record. */
  private async send(limited: Limited): Promise<RelayOutcome | Refusal> {
    const pass = enterStep(this.parts, limited);
    if (pass instanceof Refusal) return pass;
    const unrecorded = this.record(limited);
    // Awaited only where it takes time: most tenants' records are written by now.
    const refusal = unrecorded instanceof Promise ? await unrecorded : unrecorded;
    const ended = refusal ? neverSent(refusal) : await this.relay(limited);
    leaveStep(this.parts, pass, refusal ? undefined : ended);
    const { identity }: Known = limited;
    // Every call that is on record as allowed has an end on record, before its caller hears of it.
    const facts = settleStep(this.parts, limited, identity, ended);
    unlimitStep(limited, reachedUpstream(ended) ? facts : undefined);
    return ended;
  }

  /** What a target cannot do is on record, and another may: only the last such answers the caller. */
  private passOver(state: Authorised, refusal: Refusal): RelayOutcome | Refusal {
    const further = refusal instanceof TargetRefusal && targetBehind(this.parts, state, passedOver.retryAfterMs);
    return further ? this.goOn(state, refusal, passedOver) : refusal;
  }

  /** What a limit does not let through is on record, and may be led elsewhere. */
  private overflow(state: Reached, refusal: Refusal): RelayOutcome | Refusal {
    const to = overflowStep(this.parts, state, refusal);
    return to ? this.goOn(state, refusal, { ...passedOver, to }) : refusal;
  }

  private goOn(state: Authorised, refusal: Refusal, goesOn: GoingOn): RelayOutcome {
    recordRefusal(this.parts, state, refusal);
    advance(state, { isRecorded: true });
    return { ...neverSent(refusal), goesOn };
  }

  private async relay(limited: Limited): Promise<RelayOutcome> {
    try {
      return await relayStep(this.parts, this.streams, limited);
    } catch (error) {
      this.parts.logger.error({ err: error, decision_id: limited.decisionId }, 'a call could not be sent');
      return neverSent(new Refusal('internal_error', 'internal_error', defect));
    }
  }

  private record(state: Authenticated & Governed) {
    return recordAllowed(this.parts, state);
  }

  private refuse(known: Known, refusal: Refusal): void {
    const decisionId = recordRefusal(this.parts, known, refusal);
    this.parts.metrics.refusals.add(1, { code: refusal.code });
    answerRefusal(this.parts, known, refusal, decisionId);
  }

  /** A defect of ours. What had begun is cut, so that it does not look finished; nothing of the error is told. */
  private fail(known: Known, error: unknown): void {
    this.parts.logger.error({ err: error, decision_id: known.decisionId }, 'a request failed');
    const { response } = known;
    try {
      if (response.headersSent) response.destroy();
      else this.refuse(known, new Refusal('internal_error', 'internal_error', defect));
    } catch (again) {
      this.parts.logger.error({ err: again, decision_id: known.decisionId }, 'a failed request could not be answered');
      response.destroy();
    }
  }
}

/** Whether the upstream may know of a call. */
function reachedUpstream({ outcome, status, isInDoubt }: RelayOutcome): boolean {
  return outcome !== 'failed' || status !== 0 || isInDoubt === true;
}

/** The end of a call that was allowed and yet went nowhere. */
function neverSent(refusal: Refusal): RelayOutcome {
  return { outcome: 'failed', status: 0, refusal, errorType: refusal.code, facts: undefined, firstByteMs: 0 };
}
