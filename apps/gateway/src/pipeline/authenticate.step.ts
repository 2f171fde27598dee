import { readCredential } from '../credentials/read-credential.js';
import { Refusal } from '../refusals/refusal.js';
import { advance, type Authenticated, type Routed, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** Who calls, from the credential alone and before the body is read. Unknown, revoked, expired and wrong look alike. */
export function authenticateStep(
  { feed, authenticator }: Pick<GatewayParts, 'feed' | 'authenticator'>,
  state: Routed,
): StepAnswer<Authenticated> {
  if (!feed.isReady()) return new Refusal('not_ready', 'not_ready', 'The gateway is starting; try again.');
  const presented = readCredential(state.request.rawHeaders);
  if (presented instanceof Refusal) return presented;
  const answer = authenticator.authenticate(presented, state.atMs);
  if (!answer.ok) {
    advance(state, { failure: answer });
    return new Refusal(answer.code, answer.reason, 'The credential is not valid.');
  }
  if (!state.route.credentials.some((kind) => kind === answer.keyKind)) {
    advance(state, { failure: answer });
    return new Refusal('invalid_api_key', 'key_kind_not_accepted', 'The credential is not valid.');
  }
  return advance(state, { caller: answer });
}
