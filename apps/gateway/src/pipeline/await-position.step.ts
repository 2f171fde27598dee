import { Refusal } from '../refusals/refusal.js';
import type { Authenticated, StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

const waitMsMax = 250;
const position = /^(identity|policy):(\d{1,15})$/u;

/**
 * Read your writes: a caller that names the position of a write is answered by what that write made true. After
 * authentication, so that nobody else makes the gateway wait.
 */
export async function awaitPositionStep(
  { feed }: Pick<GatewayParts, 'feed'>,
  state: Authenticated,
): Promise<StepAnswer<Authenticated>> {
  const asked = state.request.headers['gatehouse-min-position'];
  const [, store, number] = position.exec(String(asked)) ?? [];
  if (!number || (store !== 'identity' && store !== 'policy')) {
    const message = "'gatehouse-min-position' reads <identity or policy>:<number>.";
    return new Refusal('invalid_request', 'invalid_request', message, 'gatehouse-min-position');
  }
  if ((await feed.waitForPosition(store, Number(number), waitMsMax)) === 'reached') return state;
  const message = 'This replica has not applied that position yet; try again.';
  return new Refusal('snapshot_stale', 'position_not_reached', message, null, { 'retry-after': '1' });
}

export function asksForPosition({ request }: Authenticated): boolean {
  return request.headers['gatehouse-min-position'] !== undefined;
}
