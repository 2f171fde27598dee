/** A compiled glob over `/`-separated paths. */
export type Glob = {
  readonly source: string;
  /** The whole path, when the glob has no `*`. */
  readonly literal: string | undefined;
  matches(path: string): boolean;
};

const STAR = 42;
const SLASH = 47;

/** Compiles a glob: `*` matches within one `/` segment, `**` also across segments; everything else is literal. */
export function compileGlob(source: string): Glob {
  if (!source.includes('*')) return { source, literal: source, matches: (path) => path === source };
  if (source === '**') return { source, literal: undefined, matches: () => true };
  return { source, literal: undefined, matches: (path) => matchGlob(source, path) };
}

/**
 * Without recursion, going back to at most the last `*` and the last `**` (van Engelen, "Fast String Matching with
 * Wildcards, Globs, and Gitignore-Style Globs"): whatever stands before a star has been matched as early as it can be,
 * so earlier stars never need another try, and no pattern is slower than pattern × path².
 */
export function matchGlob(pattern: string, path: string): boolean {
  let p = 0;
  let t = 0;
  let starPattern = -1;
  let starPath = -1;
  let acrossPattern = -1;
  let acrossPath = -1;
  while (t < path.length || p < pattern.length) {
    const wanted = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (wanted === STAR) {
      let stars = 1;
      while (pattern.charCodeAt(p + stars) === STAR) stars++;
      p += stars;
      if (stars === 1) {
        starPattern = p;
        starPath = t;
      } else {
        acrossPattern = p;
        acrossPath = t;
        starPattern = -1;
      }
    } else if (t < path.length && wanted === path.charCodeAt(t)) {
      p++;
      t++;
    } else if (starPattern >= 0 && starPath < path.length && path.charCodeAt(starPath) !== SLASH) {
      p = starPattern;
      t = ++starPath;
    } else if (acrossPattern >= 0 && acrossPath < path.length) {
      p = acrossPattern;
      t = ++acrossPath;
      starPattern = -1;
    } else return false;
  }
  return true;
}
