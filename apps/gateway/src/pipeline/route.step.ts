import { Refusal } from '../refusals/refusal.js';
import { matchRoute } from '../routes/match-route.js';
import { advance, type Arrived, type Routed, type StepAnswer } from './exchange.js';

/** Finds the route before anything else is looked at: what is in no table does not exist. */
export function routeStep(state: Arrived): StepAnswer<Routed> {
  const { method = '', url = '' } = state.request;
  const matched = matchRoute(method, url);
  if ('route' in matched) return advance(state, { route: matched.route, path: matched.path, pathModel: matched.model });
  if (matched.code === 'not_found') return new Refusal('not_found', 'route_unknown', 'There is no such route.');
  const message = `This route takes ${matched.allow}.`;
  return new Refusal('method_not_allowed', 'method_unknown', message, null, { allow: matched.allow });
}
