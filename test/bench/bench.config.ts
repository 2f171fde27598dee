import { parseArgs } from 'node:util';

/** What a run measures; every figure is reproducible with the same flags. */
export type BenchConfig = {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly bytes: readonly number[];
  /** Where the results go, without an extension; nowhere unless given. */
  readonly out: string | undefined;
};

/** `npm run bench -- --rounds 5 --seconds 4 --connections 32 --bytes 1000,20000,200000 --out docs/benchmarks/gateway`. */
export function benchConfig(args: readonly string[]): BenchConfig {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '32' },
      bytes: { type: 'string', default: '1000,20000,200000' },
      out: { type: 'string' },
    },
  });
  return {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    bytes: values.bytes.split(',').map(Number),
    out: values.out,
  };
}
