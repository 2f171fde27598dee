/** Values must come from a bounded set: routes, outcomes, topics; never ids. */
export type Labels = Readonly<Record<string, string>>;

/** Most label combinations of one metric. */
export const SERIES_MAX = 1000;

type Labelled<Cell> = { readonly labels: Labels; readonly cell: Cell };
type Render = (more?: Labels) => string;

/** The cells of one metric by their labels. */
export class Series<Cell> {
  private readonly cells = new Map<string, Labelled<Cell>>();
  private readonly empty: () => Cell;

  constructor(empty: () => Cell) {
    this.empty = empty;
  }

  cell(labels: Labels = {}): Cell {
    const key = text(labels);
    const known = this.cells.get(key);
    if (known) return known.cell;
    if (this.cells.size >= SERIES_MAX && !('overflow' in labels)) return this.cell({ overflow: 'true' });
    const made = { labels, cell: this.empty() };
    this.cells.set(key, made);
    return made.cell;
  }

  map<T>(each: (labels: Render, cell: Cell) => T): T[] {
    return [...this.cells.values()].map(({ labels, cell }) => each((more) => text({ ...labels, ...more }), cell));
  }

  flatMap<T>(each: (labels: Render, cell: Cell) => T[]): T[] {
    return [...this.cells.values()].flatMap(({ labels, cell }) => each((more) => text({ ...labels, ...more }), cell));
  }
}

function text(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
