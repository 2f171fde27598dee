import { isStorable } from '#libs/decider';

/** What cannot be kept as it was sent, and where. */
export type Unkeepable = { readonly path: readonly string[]; readonly wanted: string };

/** A place inside plain data; undefined is all of it. */
type Place = { readonly within: Place | undefined; readonly name: string };

/** Every object has something of these names already: code that reads a plain object would find that instead. */
const TAKEN = new Set(['__proto__', 'constructor', 'prototype']);
/** What has something to look at. */
const LOOKED_AT = new Set(['string', 'number', 'object']);

/**
 * The first text in it that is not {@link isStorable}, number beyond what can be held, or member whose name cannot be kept;
 * undefined where there is none. Of plain data, however deep: nothing is called recursively, and a path is made only when
 * it is told.
 */
export function unkeepableIn(value: unknown): Unkeepable | undefined {
  const left: { readonly at: Place | undefined; readonly held: unknown }[] = [{ at: undefined, held: value }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { at, held } = next;
    if (typeof held === 'string' && !isStorable(held)) return unstorable(at);
    // What JSON writes as 1e400 is no number any more, and would be kept as null.
    if (typeof held === 'number' && !Number.isFinite(held))
      return { path: pathTo(at), wanted: 'a number that can be held' };
    if (typeof held !== 'object' || held === null || ArrayBuffer.isView(held)) continue;
    for (const [name, inner] of Object.entries(held)) {
      if (!isStorable(name)) return unstorable(at);
      if (TAKEN.has(name)) return { path: pathTo({ within: at, name }), wanted: 'a member of another name' };
      if (LOOKED_AT.has(typeof inner)) left.push({ at: { within: at, name }, held: inner });
    }
  }
  return undefined;
}

function unstorable(at: Place | undefined): Unkeepable {
  return { path: pathTo(at), wanted: 'a text without NUL and lone surrogates' };
}

function pathTo(place: Place | undefined): string[] {
  const names: string[] = [];
  for (let at = place; at; at = at.within) names.push(at.name);
  return names.toReversed();
}
