import { challengeOf } from '#libs/access';
import { problem, problemBody, PROBLEM_CONTENT_TYPE } from '#libs/http';
import { drainBody } from '../edge/drain-body.js';
import type { GatewayParts } from '../pipeline/gateway-parts.js';
import type { Known } from '../pipeline/exchange.js';
import { dialectOf } from '../routes/match-route.js';
import { errorForms } from './error-form.js';
import { answerHeadersOf } from './gateway-headers.js';
import { statusOfCode, type Refusal } from './refusal.js';

/** Answers a refusal: in the form of the surface's clients below the prefixes of the models, as a problem anywhere else. */
export function answerRefusal(
  { publicUrl }: Pick<GatewayParts, 'publicUrl'>,
  known: Known,
  refusal: Refusal,
  decisionId: string,
): void {
  const { request, response } = known;
  if (response.headersSent || response.destroyed) return;
  const status = statusOfCode(refusal.code);
  const dialect = dialectOf(request.url ?? '');
  const body = dialect
    ? errorForms[dialect].errorBody(refusal.code, refusal.message, refusal.param)
    : problemBody(problem(status, refusal.code, refusal.message));
  const headers = [
    ...answerHeadersOf(known, decisionId),
    'content-type',
    dialect ? 'application/json' : PROBLEM_CONTENT_TYPE,
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
    ...Object.entries(refusal.headers).flat(),
  ];
  const challenge = challengeOf(publicUrl, status, refusal.code, known.route?.action ?? '');
  if (challenge !== undefined) headers.push('www-authenticate', challenge);
  response.writeHead(status, headers);
  response.end(body);
  drainBody(request);
}
