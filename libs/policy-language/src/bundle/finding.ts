/** One file of a bundle; `name` is what findings call it. */
export type SourceFile = { readonly name: string; readonly text: string };

/** Where in a file; both count from 1, columns in UTF-16 units. */
export type Place = { readonly line: number; readonly column: number };

/** One mistake, or with `warning` one thing to think about again, at its place. */
export type Finding = Place & {
  readonly severity: 'error' | 'warning';
  /** Stable name of the rule, such as `unknown-action`. */
  readonly rule: string;
  readonly file: string;
  /** JSON pointer from the document's root; empty for the document itself. */
  readonly pointer: string;
  /** `Role/staging-user`, where it is known. */
  readonly document?: string | undefined;
  readonly message: string;
  readonly suggestion?: string | undefined;
};

/** By file in the order of the bundle, then by place; the same bundle always gives the same order. */
export function inOrder(findings: readonly Finding[], files: readonly SourceFile[]): Finding[] {
  const rank = new Map(files.map(({ name }, n) => [name, n]));
  const rankOf = ({ file }: Finding) => rank.get(file) ?? 0;
  return findings.toSorted(
    (a, b) => rankOf(a) - rankOf(b) || a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1),
  );
}
