import { isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { Place } from './finding.js';

/** Keys and indices from a document's root. */
export type Path = readonly (string | number)[];

/** Finds the place of a value, or of its key, in the text that a document was read from. */
export class SourceMap {
  constructor(
    private readonly root: Node,
    private readonly lines: LineCounter,
  ) {}

  /** The place of the value at `path`; of its nearest ancestor where there is none. */
  placeOf(path: Path, at: 'key' | 'value' = 'value'): Place {
    let node: Node = this.root;
    let offset = startOf(node);
    for (const step of path) {
      const child = childOf(node, step);
      if (!child?.value) {
        if (child?.key) offset = startOf(child.key);
        break;
      }
      offset = at === 'key' && child.key ? startOf(child.key) : startOf(child.value);
      node = child.value;
    }
    return this.placeAt(offset);
  }

  /** The place of a node itself. */
  placeOfNode(node: Node): Place {
    return this.placeAt(startOf(node));
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}

const startOf = (node: Node) => node.range?.[0] ?? 0;

function childOf(node: Node, step: string | number): { key?: Node; value: Node | null } | undefined {
  if (isSeq(node)) {
    const value = node.items[Number(step)] as Node | undefined;
    return value && { value };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { key: pair.key as Node, value: pair.value as Node | null };
}

/** RFC 6901. */
export const pointerOf = (path: Path) =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
