import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { errorForms } from '../refusals/error-form.js';
import type { FailureCause } from '../routing/fallback-cause.js';
import { answerHeaders } from './answer-headers.js';
import type { AnswerFacts, AnswerReader } from './answer-reader.js';
import { Deadlines } from './deadlines.js';
import { readerFor } from './reader-for.js';
import type { RelayOutcome } from './relay-outcome.js';
import { isCommentsOnly } from './sse-events.js';
import type { StreamEnd, UpstreamCall } from './upstream-call.js';
import { retryAfterMs } from './retry-after.js';
import {
  attemptTimedOut,
  failureOf,
  failureOfAttempt,
  failureOfStatus,
  type UpstreamFailure,
} from './upstream-failure.js';

/**
 * Sends one call and writes its answer straight to the caller, each side waiting for the slower one. Resolves once, never
 * rejects. `headers` go with the answer, name and value in turn.
 */
export function relay(
  call: UpstreamCall,
  response: ServerResponse,
  headers: readonly string[],
  begunMs: number,
): Promise<RelayOutcome> {
  const { promise, resolve } = Promise.withResolvers<RelayOutcome>();
  const handler = new Relay(call, response, headers, begunMs, resolve);
  if (response.destroyed) {
    handler.leave();
    return promise;
  }
  const { path, body, headersTimeoutMs: headersTimeout, idleTimeoutMs: bodyTimeout } = call;
  const options = { method: 'POST', path, headers: call.headers, body, headersTimeout, bodyTimeout };
  try {
    call.dispatcher.dispatch(options, handler);
  } catch (error) {
    handler.onResponseError(undefined, error);
  }
  return promise;
}

/**
 * How long a caller has to read why its stream broke, ms, before the connection breaks: fetch drops what was not read yet when
 * it learns of the latter.
 */
const lastWordsMs = 250;
/** More of them are passed on as if they were content. */
const commentBytesMax = 64 * 1024;
const broken = { code: 'upstream_error', message: 'The upstream broke off in the middle of its answer.' } as const;

type Ending = {
  readonly failure?: UpstreamFailure;
  readonly facts?: AnswerFacts;
  readonly retryAfterMs?: number;
  readonly cut?: StreamEnd | undefined;
};

class Relay implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private reader: AnswerReader | undefined;
  private status = 0;
  private isStream = false;
  private firstByteMs = 0;
  /** Bytes that the upstream announced; NaN where it did not. */
  private announcedBytes = Number.NaN;
  /** An answer that came in one piece: it leaves with its headers and its end in one write. */
  private whole: Buffer | undefined;
  /** Status and headers, kept until content is there, while the call may still go on elsewhere. */
  private head: readonly string[] | undefined;
  private comments: Buffer | undefined;
  private isWritten = false;
  private hasSentContent = false;
  private unwatch: (() => void) | undefined;
  private isSettled = false;
  private stalled: NodeJS.Timeout | undefined;
  private readonly deadlines: Deadlines;

  constructor(
    private readonly call: UpstreamCall,
    private readonly response: ServerResponse,
    private readonly headers: readonly string[],
    private readonly begunMs: number,
    private readonly settle: (outcome: RelayOutcome) => void,
  ) {
    response.once('close', this.leave);
    this.deadlines = new Deadlines(call.firstTokenTimeoutMs, call.attemptTimeoutMs, () => this.expire());
  }

  /** The caller is gone: the upstream stops, and so does the bill. Some leave at the last event, before the stream's end. */
  readonly leave = (): void => {
    if (this.isSettled) return;
    const facts = this.isWritten && this.isStream && this.status < 400 ? this.reader?.facts() : undefined;
    if (facts?.isWhole) this.finish('completed', '', { facts });
    else this.finish('cancelled', 'client_closed_request');
    this.controller?.abort(new Error('the caller left'));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It may have left, or its time be over, while the call waited for a connection.
    if (this.isSettled) controller.abort(new Error('nobody waits for it'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.isSettled) return;
    this.status = status;
    const wait = retryAfterMs(headers);
    const failure = failureOfStatus(status) ?? (this.goesOn(status, wait) ? failureOfAttempt(status) : undefined);
    if (failure) {
      this.fail(failure, wait);
      controller.abort(new Error('not for the caller'));
      return;
    }
    const contentType = String(headers['content-type'] ?? '');
    this.isStream = /^text\/event-stream\b/iu.test(contentType);
    const { isStream } = this;
    const { 'content-encoding': encoding, 'content-length': length } = headers;
    const isCompressed = encoding !== undefined && encoding !== 'identity';
    const start = { status, isStream, isCompressed, contentType };
    const reader = readerFor(this.call, start);
    this.reader = this.call.contents?.reading(reader, start) ?? reader;
    const isTranslated = this.call.translation !== undefined;
    const isChanged = isStream || isTranslated;
    this.announcedBytes = isChanged ? Number.NaN : Number(length);
    this.head = answerHeaders(this.headers, headers, { isStream, isTranslated });
    // One piece that is translated may turn out to be none: its caller is told then.
    if (!this.call.goesOnAfter && (isStream || !isTranslated)) this.begin();
  }

  /** From here on the answer is the caller's: the call goes nowhere else. */
  private begin(): void {
    if (this.isWritten || !this.head) return;
    this.isWritten = true;
    this.response.writeHead(this.status, [...this.head]);
    if (!this.isStream) return;
    // The first event may be a while: a caller that streams learns the status now, or with an event that came in one piece with it.
    process.nextTick(() => this.flushHead());
    this.unwatch = this.call.watch?.((end) => this.cut(end));
  }

  private flushHead(): void {
    if (!this.hasSentContent && !this.isSettled) this.response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isSettled || !this.reader) return;
    if (this.firstByteMs === 0) this.firstByteMs = performance.now() - this.begunMs;
    const passed = this.behindComments(this.reader.push(chunk));
    if (!passed) return;
    if (!this.isStream || !isCommentsOnly(passed)) this.deadlines.reachedFirstToken();
    this.begin();
    this.hasSentContent = true;
    // Nothing follows but the end, in the same turn: what waits for it is late by nothing.
    if (passed?.length === this.announcedBytes) this.whole = passed;
    else if (!this.response.write(passed)) this.hold(controller);
    if (this.isStream && this.status < 400) this.endWhereDue(this.reader);
  }

  /** Comments say that an upstream is there, and are no content: while the call may still go elsewhere, they wait for the first event. */
  private behindComments(passed: Buffer | undefined): Buffer | undefined {
    if (!passed || this.isWritten || !this.isStream) return passed;
    const all = this.comments ? Buffer.concat([this.comments, passed]) : passed;
    this.comments = isCommentsOnly(all) && all.length <= commentBytesMax ? all : undefined;
    return this.comments ? undefined : all;
  }

  /** A stream that has said its last word is not cut for it. */
  private endWhereDue(reader: AnswerReader): void {
    const end = this.call.endsAt?.(reader.outputTokensSoFar());
    if (end && !reader.facts().isWhole) this.cut(end);
  }

  /** Waits for a caller that reads slowly; one that does not read at all holds an upstream connection no longer. */
  private hold(controller: Dispatcher.DispatchController): void {
    controller.pause();
    this.stalled = setTimeout(() => this.response.destroy(), this.call.idleTimeoutMs).unref();
    this.response.once('drain', () => {
      clearTimeout(this.stalled);
      controller.resume();
    });
  }

  onResponseEnd(): void {
    if (this.isSettled || !this.reader) return;
    const facts = this.reader.facts();
    const isBroken = !facts.isWhole && this.status < 400;
    if (isBroken && !this.isWritten) return this.fail(failureOf({ code: 'stream_ended_early' }));
    this.begin();
    const rest = this.reader.rest();
    if (rest) this.response.write(rest);
    if (isBroken) return this.breakOff('stream_ended_early');
    this.response.end(this.whole);
    const isError = this.status >= 400;
    this.finish(isError ? 'failed' : 'completed', isError ? `upstream_${this.status}` : '', { facts });
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.isSettled) return;
    const failure = failureOf(error);
    if (this.isWritten) this.breakOff(failure.errorType);
    else this.fail(failure);
  }

  private cut(end: StreamEnd): void {
    if (this.isSettled) return;
    this.breakOff(end.errorType, end);
    this.controller?.abort(new Error('the stream was cut'));
  }

  private expire(): void {
    if (this.isSettled) return;
    if (this.isWritten) this.breakOff(attemptTimedOut.errorType);
    else this.fail(attemptTimedOut);
    this.controller?.abort(new Error('the time of the attempt is over'));
  }

  /** Nothing was written: the call may go on elsewhere, or its caller be told. */
  private fail(failure: UpstreamFailure, retryAfter = 0): void {
    this.finish('failed', failure.errorType, { failure, retryAfterMs: retryAfter });
  }

  /** The answer had begun: it must not look finished. What a stream says last is an error, and no answer ends orderly. */
  private breakOff(errorType: string, cut?: StreamEnd): void {
    const { response } = this;
    this.finish('interrupted', errorType, { cut });
    if (!this.isStream) {
      response.destroy();
      return;
    }
    const { streamError } = errorForms[this.call.dialect];
    const { code, message } = cut ?? broken;
    response.write(streamError(code, message), () => setTimeout(() => response.destroy(), lastWordsMs).unref());
  }

  private finish(outcome: RelayOutcome['outcome'], errorType: string, ending: Ending = {}): void {
    const { failure, facts, cut, retryAfterMs: wait = 0 } = ending;
    this.isSettled = true;
    clearTimeout(this.stalled);
    this.deadlines.clear();
    this.unwatch?.();
    this.response.off('close', this.leave);
    const { status, firstByteMs } = this;
    const told = facts ?? this.reader?.facts();
    const goesOn = failure?.causes.some((cause) => this.goesOn(cause, wait)) ? { retryAfterMs: wait } : undefined;
    const isInDoubt = failure?.isInDoubt ?? false;
    const own = { outcome, status, refusal: failure?.refusal, errorType, facts: told, firstByteMs };
    this.settle({ ...own, isInDoubt, cut, ...(goesOn && { goesOn }) });
  }

  private goesOn(cause: FailureCause, wait: number): boolean {
    return this.call.goesOnAfter?.(cause, wait) ?? false;
  }
}
