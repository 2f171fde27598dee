import { isStorable } from '#libs/decider';

/** A place inside plain data; undefined is all of it. */
type Place = { readonly within: Place | undefined; readonly name: string };

/**
 * The path to a text in it that is not {@link isStorable}, or to what has a member of such a name; undefined where there is
 * none. Of plain data, however deep: nothing is called recursively, and a path is made only when it is told.
 */
export function unstorableIn(value: unknown): readonly string[] | undefined {
  const left: { readonly at: Place | undefined; readonly held: unknown }[] = [{ at: undefined, held: value }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { at, held } = next;
    if (typeof held === 'string' && !isStorable(held)) return pathTo(at);
    if (typeof held !== 'object' || held === null || ArrayBuffer.isView(held)) continue;
    for (const [name, inner] of Object.entries(held)) {
      if (!isStorable(name)) return pathTo(at);
      if (typeof inner === 'string' || typeof inner === 'object') left.push({ at: { within: at, name }, held: inner });
    }
  }
  return undefined;
}

function pathTo(place: Place | undefined): string[] {
  const names: string[] = [];
  for (let at = place; at; at = at.within) names.push(at.name);
  return names.toReversed();
}
