import type { IncomingMessage } from 'node:http';
import { formType } from '../body/form/boundary.js';
import { countAt } from '../body/count-at.js';
import { lacksUsage, rewriteBody } from '../body/rewrite-body.js';
import type { AnswerForm, Provider } from '../providers/provider.js';
import { answerHeadersOf } from '../refusals/gateway-headers.js';
import { endOfStream } from '../limits/end-of-stream.js';
import { isMedia } from '../relay/reader-for.js';
import { relay } from '../relay/relay.js';
import type { RelayOutcome } from '../relay/relay-outcome.js';
import { leadsOn, type FailureCause } from '../routing/fallback-cause.js';
import type { StreamCut } from '../relay/upstream-call.js';
import type { Limited } from './exchange.js';
import type { OpenStreams } from './open-streams.js';
import { targetBehind } from './fall-back.step.js';
import type { GatewayParts } from './gateway-parts.js';

/** Sends the call upstream, under the upstream's name for the model, and its answer back. */
export function relayStep(
  parts: Pick<GatewayParts, 'bounds' | 'policy' | 'targets' | 'health' | 'contents'>,
  streams: Pick<OpenStreams, 'watch'>,
  state: Limited,
): Promise<RelayOutcome> {
  const { bounds } = parts;
  const { call, body, model, target, response, decisionId, led } = state;
  const contents = parts.contents.begin(state);
  const step = led?.order[led.at];
  const fallbackOn = step && targetBehind(parts, state) ? step.fallbackOn : undefined;
  // Asked when it has failed: the next target's circuit, or the caller's grants, may have changed by then.
  const goesOnAfter = (cause: FailureCause, retryAfterMs: number) =>
    leadsOn(fallbackOn ?? [], cause) && targetBehind(parts, state, retryAfterMs) !== undefined;
  const { endpoint } = target;
  const dropsUsage = endpoint.form === 'completions' && lacksUsage(call);
  const wantsUsage = call.stream && !lacksUsage(call);
  const { translation } = endpoint;
  // Looked up before the body is written over.
  const hasSeveralAnswers = call.stream && asksForSeveral(state);
  const upstream = {
    dispatcher: target.dispatcher,
    path: target.path,
    headers: headersOf(state),
    body:
      state.translated ??
      rewriteBody(body, call, model.upstreamModel, dropsUsage, state.edits, fallbackOn !== undefined),
    stream: call.stream,
    form: endpoint.form,
    dialect: state.route.dialect,
    dropsUsage,
    hasSeveralAnswers,
    translation: translation && { by: translation, wantsUsage },
    headersTimeoutMs: bounds.headersTimeoutMs,
    idleTimeoutMs: bounds.idleTimeoutMs,
    goesOnAfter: fallbackOn && goesOnAfter,
    firstTokenTimeoutMs: step?.firstTokenTimeoutMs,
    attemptTimeoutMs: step?.attemptTimeoutMs,
    contents,
    watch: (cut: StreamCut) => streams.watch(state, cut),
    endsAt: endOfStream(
      state,
      () => parts.policy.snapshot(state.caller.tenantId)?.settings?.cutStreamsOnLimit === true,
    ),
  };
  const ended = relay(upstream, response, answerHeadersOf(state, decisionId), state.begunMs);
  // Nobody waits for it: the outcome goes on in the same turn.
  if (contents) void ended.then(() => parts.contents.end(contents));
  return ended;
}

/** By number, or by a list of prompts, each of which has its own. */
function asksForSeveral({ body, call }: Pick<Limited, 'body' | 'call'>): boolean {
  const prompt = call.fields.get('prompt');
  return (countAt({ body, call }, 'n', 2) ?? 1) > 1 || (prompt !== undefined && body.bytes[prompt.start] === 0x5b);
}

/** Name and value in turn. */
function headersOf({ target, request, call, decisionId }: Limited): string[] {
  return [
    ...target.headers,
    ...passedOn(request, target.provider),
    'content-type',
    call.form ? formType(call.form.boundary) : 'application/json',
    'accept',
    acceptOf(call.stream, target.endpoint.form),
    'x-request-id',
    decisionId,
  ];
}

function acceptOf(stream: boolean, form: AnswerForm): string {
  if (stream) return 'text/event-stream';
  return isMedia(form) ? '*/*' : 'application/json';
}

/** Name and value in turn; by default nothing of the caller's. */
function passedOn({ headers }: IncomingMessage, { passing }: Provider): string[] {
  if (passing === undefined) return [];
  return Object.entries(passing).flatMap(([name, otherwise]) => {
    const value = headers[name] ?? otherwise;
    return value === undefined ? [] : [name, String(value)];
  });
}
