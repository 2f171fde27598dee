import { actionNames, actions, actionsMatching, type Action } from '#libs/policy-language';

const IDS: ReadonlyMap<string, number> = new Map(actionNames.map((action, id) => [action, id]));

/** The dense id of an action; undefined for one that is not declared. */
export const actionIdOf = (action: string): number | undefined => IDS.get(action);

/** The ids that patterns of actions stand for. Throws a TypeError for a pattern that stands for none. */
export function actionIdsOf(patterns: readonly string[]): readonly number[] {
  const names = new Set<Action>();
  for (const pattern of patterns) {
    const matching = actionsMatching(pattern);
    if (matching.length === 0) throw new TypeError(`unknown action ${pattern}`);
    for (const name of matching) if (!actions[name].operatorOnly) names.add(name);
  }
  return Array.from(names, (name) => IDS.get(name) ?? -1);
}

const USES = actionNames.map((action) => actions[action].use);

/** Whether an action is what applications do, runs the system, or both. */
export const useOf = (actionId: number) => USES[actionId] ?? 'admin';

const TYPES = actionNames.map((action) => actions[action].type);

/** Whether an action is about resources of a type. A question that pairs others is a mistake of whoever asks. */
export const isAbout = (actionId: number, type: string): boolean => TYPES[actionId] === type;
