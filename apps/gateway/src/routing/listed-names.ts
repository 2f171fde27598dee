import type { CatalogueModel, Principal, TenantSnapshot } from '#libs/decision-engine';
import type { ListedModel } from '../openai/model-list.js';
import { chooseTarget } from './choose-target.js';
import { routedNames, routeFor } from './routes-in-force.js';

/** `usable` and the names of routes that lead this caller to one of them, by name. A real model keeps its own entry. */
export function withRoutedNames(
  snapshot: TenantSnapshot,
  principal: Principal,
  usable: readonly CatalogueModel[],
): readonly ListedModel[] {
  const names = new Set(usable.map(({ name }) => name));
  const ground = { model: (name: string) => snapshot.model(name), mayUse: (name: string) => names.has(name) };
  const routed = routedNames(snapshot).flatMap((name) => {
    const route = routeFor(snapshot, name, principal);
    if (!route || names.has(name)) return [];
    // A weighted order would make the list another one each time; by priority it is steady.
    const { isAllowed } = chooseTarget({ ...route, strategy: 'priority' }, { ...ground, random: () => 0 });
    return isAllowed ? [{ name, account: snapshot.tenant }] : [];
  });
  if (routed.length === 0) return usable;
  return [...usable, ...routed].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
