import { looksLikeToken, type Authenticated as Caller, type Unauthenticated } from '#libs/access';
import { readCredential } from '../credentials/read-credential.js';
import { Refusal } from '../refusals/refusal.js';
import { advance, type Authenticated, type Routed, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/**
 * Who calls, from the credential alone and before the body is read. Unknown, revoked, expired and wrong look alike. Only
 * a token that nobody has presented here before takes time.
 */
export function authenticateStep(
  { feed, authenticator, tokens }: Pick<GatewayParts, 'feed' | 'authenticator' | 'tokens'>,
  state: Routed,
): StepAnswer<Authenticated> | Promise<StepAnswer<Authenticated>> {
  if (!feed.isReady()) return new Refusal('not_ready', 'not_ready', 'The gateway is starting; try again.');
  const presented = readCredential(state.request.rawHeaders);
  if (presented instanceof Refusal) return presented;
  if (!looksLikeToken(presented)) return admit(state, authenticator.authenticate(presented, state.atMs));
  const answer = tokens.authenticate(presented, state.atMs);
  return answer instanceof Promise ? answer.then((verified) => admit(state, verified)) : admit(state, answer);
}

function admit(state: Routed, answer: Caller | Unauthenticated): StepAnswer<Authenticated> {
  if (!answer.ok) {
    advance(state, { failure: answer });
    return refusalOf(answer);
  }
  if (!state.route.credentials.some((kind) => kind === answer.keyKind)) {
    advance(state, { failure: answer });
    return new Refusal('invalid_api_key', 'key_kind_not_accepted', 'The credential is not valid.');
  }
  return advance(state, { caller: answer });
}

function refusalOf({ code, reason }: Unauthenticated): Refusal {
  if (code !== 'not_ready') return new Refusal(code, reason, 'The credential is not valid.');
  const message = 'More new tokens came at once than can be verified; try again.';
  return new Refusal(code, reason, message, null, { 'retry-after': '1' });
}
