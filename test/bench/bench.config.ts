import { parseArgs } from 'node:util';

/** What a run measures; every figure is reproducible with the same arguments. */
export type BenchOptions = {
  /** Rounds that count; each arm is warmed up before. */
  readonly rounds: number;
  /** Length of a round. */
  readonly seconds: number;
  readonly connections: number;
  /** Sizes of request bodies. */
  readonly bytes: readonly number[];
  /** Of the record that is asked about. */
  readonly rows: number;
  /** Of the gateway that starts with many. */
  readonly keys: number;
  /** Whether LiteLLM, which is fetched from PyPI, is measured too. */
  readonly litellm: boolean;
};
export type BenchConfig = {
  /** Names of sections, in the order in which they run. */
  readonly sections: readonly string[];
  /** Folder for `<section>.md` and `<section>.json`; nothing is written unless given. */
  readonly out: string | undefined;
  /** Folder of the stack, which stays there and is found again by the next run; one that is removed unless given. */
  readonly keep: string | undefined;
  readonly options: BenchOptions;
};

const SECTIONS_DEFAULT = ['proxy'];

/** `npm run bench -- [section…] [--rounds 5 --seconds 4 --connections 32 --bytes 1000,20000,200000 --rows 1000000 --keys 1000000 --litellm --out docs/benchmarks --keep <folder>]`. */
export function benchConfig(args: readonly string[]): BenchConfig {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '32' },
      bytes: { type: 'string', default: '1000,20000,200000' },
      rows: { type: 'string', default: '1000000' },
      keys: { type: 'string', default: '1000000' },
      litellm: { type: 'boolean', default: false },
      out: { type: 'string' },
      keep: { type: 'string' },
    },
  });
  return {
    sections: positionals.length > 0 ? positionals : SECTIONS_DEFAULT,
    out: values.out,
    keep: values.keep,
    options: {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      connections: Number(values.connections),
      bytes: values.bytes.split(',').map(Number),
      rows: Number(values.rows),
      keys: Number(values.keys),
      litellm: values.litellm,
    },
  };
}
