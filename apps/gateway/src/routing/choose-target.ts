import type { CatalogueModel } from '#libs/decision-engine';
import { isDearer } from './is-dearer.js';
import type { CompiledRoute, RouteTarget } from './routes-in-force.js';

/** What became of a call that a route led on. */
export type RouteReason = 'granted' | 'downgraded' | 'redirected' | 'fallback';
export type Choice = {
  readonly target: string;
  readonly reason: RouteReason;
  /** The targets as this call has them, and where among them `target` stands; -1 where it is none of them. */
  readonly order: readonly RouteTarget[];
  readonly at: number;
  /** What was denied, and what no further target may be dearer than. */
  readonly ceiling: string | undefined;
};

/** What a choice rests on. */
export type ChoiceGround = {
  readonly model: (name: string) => CatalogueModel | undefined;
  readonly mayUse: (name: string) => boolean;
};

/**
 * The first target of `order` that the caller may use; or, where it may use none, the first
 * of them with `isAllowed: false`. What stands in for a target that was denied is never dearer than that one.
 */
export function chooseTarget(
  route: CompiledRoute,
  order: readonly RouteTarget[],
  ground: ChoiceGround,
): Choice & { readonly isAllowed: boolean } {
  const first = order[0]?.model ?? '';
  const reason = first === route.model || !ground.model(route.model) ? 'granted' : 'redirected';
  if (ground.mayUse(first)) return { target: first, reason, order, at: 0, ceiling: undefined, isAllowed: true };
  const standIns = standInsOf(route, order);
  const ceiling = ground.model(first);
  const at = standIns.findIndex(({ model: name }) => {
    const model = ground.model(name);
    return model !== undefined && !isDearer(model, ceiling) && ground.mayUse(name);
  });
  const target = standIns[at]?.model;
  if (target === undefined) return { target: first, reason, order, at: 0, ceiling: undefined, isAllowed: false };
  const became = route.onDenied === 'next' ? 'downgraded' : 'redirected';
  return { target, reason: became, order: standIns, at, ceiling: first, isAllowed: true };
}

/**
 * Where a call goes on after one of its targets failed: the next that the caller may use. That the route lists it behind
 * a target with `fallbackOn` is the leave to be dearer than that one; who was denied something gets nothing dearer.
 */
export function nextTarget(choice: Choice, ground: ChoiceGround): Choice | undefined {
  const { order, ceiling } = choice;
  for (let at = choice.at + 1; at < order.length; at += 1) {
    const name = order[at]?.model ?? '';
    const model = ground.model(name);
    const isInReach = model && (ceiling === undefined || !isDearer(model, ground.model(ceiling)));
    if (isInReach && ground.mayUse(name)) return { target: name, reason: 'fallback', order, at, ceiling };
  }
  return undefined;
}

/** What may be called in the place of a denied first target. */
function standInsOf({ onDenied }: CompiledRoute, order: readonly RouteTarget[]): readonly RouteTarget[] {
  if (typeof onDenied === 'object') return [{ model: onDenied.redirect, priority: 0, weight: 1, fallbackOn: [] }];
  return onDenied === 'next' ? order.slice(1) : [];
}
