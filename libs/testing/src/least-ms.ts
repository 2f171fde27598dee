/** A machine that stands still for a moment spoils one measurement; what is slow spoils them all. */
const TRIES = 3;

/**
 * The least that `measure` took, ms, for a guarantee about time: up to three tries, ending with the first below `boundMs`.
 * Each try has to begin anew by itself.
 */
export async function leastMs(boundMs: number, measure: (attempt: number) => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < TRIES && !(least < boundMs); attempt += 1) {
    least = Math.min(least, await measure(attempt));
  }
  return least;
}
