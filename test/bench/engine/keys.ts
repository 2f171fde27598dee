import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const KEYS = 1_000_000;
const POLICIES = 10_000;
const bench = new URL('../../../libs/access/src/authentication/authenticate.bench.js', import.meta.url);
const FIGURE = /^(?<what>.+): (?<middle>[\d.]+) µs \(p10 (?<p10>[\d.]+), p90 (?<p90>[\d.]+)\)$/;

/** CPU in µs: the middle of batches, and the tenth and ninetieth of a hundred. */
export type KeyFigures = { readonly what: string; readonly middle: number; readonly p10: number; readonly p90: number };

/** From a key's text to its caller, and to a decision, among a million keys; in a process of its own. */
export function measureKeys(): readonly KeyFigures[] {
  const args = ['--expose-gc', fileURLToPath(bench), String(KEYS), String(POLICIES)];
  const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const { what, middle, p10, p90 } = FIGURE.exec(line)?.groups ?? {};
    return what === undefined ? [] : [{ what, middle: Number(middle), p10: Number(p10), p90: Number(p90) }];
  });
}
