import { actionNames, actions, type Action } from '../vocabulary/actions.js';

const cache = new Map<string, readonly Action[]>();

/**
 * The actions that `model:invoke`, `model:*`, `*:read` or `*` stand for; empty when none. What only operators may do
 * is never among those of a pattern with `*`, and by its own name only so that the lint can say why it is refused.
 */
export function actionsMatching(pattern: string): readonly Action[] {
  const known = cache.get(pattern);
  if (known) return known;
  const found = expand(pattern);
  // Patterns come from documents: only those that name something are kept, of which there are few.
  if (found.length > 0 && cache.size < CACHED_PATTERNS_MAX) cache.set(pattern, found);
  return found;
}

const CACHED_PATTERNS_MAX = 512;

function expand(pattern: string): readonly Action[] {
  if (pattern === '*') return actionNames.filter((action) => !actions[action].operatorOnly);
  const [type, verb, ...rest] = pattern.split(':');
  if (type === undefined || verb === undefined || rest.length > 0) return [];
  return actionNames.filter((action) => {
    const [ofType, ofVerb] = action.split(':');
    if ((type === '*' || verb === '*') && actions[action].operatorOnly) return false;
    return (type === '*' || type === ofType) && (verb === '*' || verb === ofVerb);
  });
}
