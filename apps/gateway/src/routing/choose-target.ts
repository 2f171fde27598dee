import type { CatalogueModel } from '#libs/decision-engine';
import { isDearer } from './is-dearer.js';
import type { CompiledRoute } from './routes-in-force.js';

/** What became of a call that a route led on. */
export type RouteReason = 'granted' | 'downgraded' | 'redirected';
export type Choice = { readonly target: string; readonly reason: RouteReason };

/** What a choice rests on. `random` answers from 0 to below 1, as Math.random does. */
export type ChoiceGround = {
  readonly model: (name: string) => CatalogueModel | undefined;
  readonly mayUse: (name: string) => boolean;
  readonly random: () => number;
};

/**
 * The first target, in the order of the route's strategy, that the caller may use; or, where it may use none, the first
 * of them with `isAllowed: false`. What stands in for a target that was denied is never dearer than that one.
 */
export function chooseTarget(route: CompiledRoute, ground: ChoiceGround): Choice & { readonly isAllowed: boolean } {
  const [first = '', ...others] = inOrder(route, ground.random);
  const reason = first === route.model || !ground.model(route.model) ? 'granted' : 'redirected';
  if (ground.mayUse(first)) return { target: first, reason, isAllowed: true };
  const standIns = standInsOf(route, others);
  const ceiling = ground.model(first);
  const target = standIns.find((name) => {
    const model = ground.model(name);
    return model !== undefined && !isDearer(model, ceiling) && ground.mayUse(name);
  });
  if (target === undefined) return { target: first, reason, isAllowed: false };
  return { target, reason: route.onDenied === 'next' ? 'downgraded' : 'redirected', isAllowed: true };
}

function standInsOf({ onDenied }: CompiledRoute, others: readonly string[]): readonly string[] {
  if (typeof onDenied === 'object') return [onDenied.redirect];
  return onDenied === 'next' ? others : [];
}

/**
 * Weighted without putting back after Efraimidis and Spirakis (2006): a target is first as often as its share of the
 * weights says. No latencies are measured here: `latency` takes targets by priority.
 */
function inOrder({ strategy, targets }: CompiledRoute, random: () => number): readonly string[] {
  if (strategy !== 'weight') return targets.map(({ model }) => model);
  const drawn = targets.map(({ model, weight }) => ({ model, key: -Math.log(1 - random()) / weight }));
  return drawn.toSorted((a, b) => a.key - b.key).map(({ model }) => model);
}
