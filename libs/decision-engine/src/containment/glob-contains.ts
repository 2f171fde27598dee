/**
 * Whether every path that `inner` matches is also matched by `outer`. Sound, not complete: true is a proof, false only
 * says that none was found. A star of `inner` stands for any text, so only a star of `outer` at least as wide can take
 * it in. Quadratic in the lengths.
 */
export function globContains(outer: string, inner: string): boolean {
  const o = tokens(outer);
  const i = tokens(inner);
  // covers[b] for the suffixes of `outer` from the last to the first: whether o[a:] contains i[b:].
  let next: boolean[] = i.map(() => false).concat(true);
  for (let a = o.length - 1; a >= 0; a--) {
    const row: boolean[] = [];
    for (let b = i.length; b >= 0; b--)
      row[b] = step(o[a], i[b], next[b] ?? false, row[b + 1] ?? false, next[b + 1] ?? false);
    next = row;
  }
  return next[0] ?? false;
}

function step(outer: string | undefined, inner: string | undefined, skipped: boolean, taken: boolean, both: boolean) {
  if (outer === '**') return skipped || (inner !== undefined && taken);
  if (outer === '*') return skipped || (inner !== undefined && inner !== '/' && inner !== '**' && taken);
  return outer === inner && both;
}

const tokens = (glob: string): readonly string[] =>
  glob.match(/\*+|[^*]/gs)?.map((t) => (t.length > 1 && t.startsWith('*') ? '**' : t)) ?? [];
