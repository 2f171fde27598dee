import { isStorable } from '#libs/decider';
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Path } from './source-map.js';

/** A value that JSON could not hold, or would hold differently; `node` is where it stands. */
export type ValueMistake = {
  readonly node: Node;
  readonly path: Path;
  readonly rule: string;
  readonly message: string;
};

const UNSTORABLE = 'A text holds no NUL and no half of a surrogate pair, escaped or not: no store could keep it.';

/** Turns a node into what JSON would hold. Nesting is bounded before, so the recursion is too. */
export function plainValue(node: Node | null, path: Path, mistakes: ValueMistake[]): unknown {
  if (isMap(node)) return plainMap(node.items as unknown as readonly Entry[], node, path, mistakes);
  if (isSeq(node)) return node.items.map((item, n) => plainValue(item as Node, [...path, n], mistakes));
  if (!isScalar(node)) return null;
  const { value } = node;
  if (typeof value === 'number' && !(Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    mistakes.push({ node, path, rule: 'number', message: 'This number cannot be held exactly; put it in quotes.' });
    return null;
  }
  if (typeof value === 'string' && !isStorable(value)) {
    mistakes.push({ node, path, rule: 'text', message: UNSTORABLE });
    return value.replaceAll('\0', '\uFFFD').toWellFormed(); // A text still: its schema has nothing to add.
  }
  return value;
}

type Entry = { readonly key: Node; readonly value: Node | null };

function plainMap(
  items: readonly Entry[],
  parent: Node,
  path: Path,
  mistakes: ValueMistake[],
): Record<string, unknown> {
  const map = new Map<string, unknown>();
  for (const { key, value } of items) {
    const name = isScalar(key) && key.value !== null ? String(key.value) : undefined;
    if (name === undefined || name === '__proto__') {
      mistakes.push({ node: key ?? parent, path, rule: 'key', message: 'A key must be a plain text.' });
    } else if (!isStorable(name)) {
      mistakes.push({ node: key, path, rule: 'text', message: UNSTORABLE });
    } else if (map.has(name)) {
      // Which of the two counts differs from reader to reader; that must not decide what is allowed.
      const message = `The key "${name}" stands twice.`;
      mistakes.push({ node: key, path: [...path, name], rule: 'duplicate-key', message });
    } else map.set(name, plainValue(value, [...path, name], mistakes));
  }
  return Object.fromEntries(map);
}
