/**
 * The entry of a thread: the file of that name (without its ending) beside the module with that URL, as compiled, or as
 * written where the sources themselves run (specs).
 */
export function threadEntry(beside: string, name: string): { url: URL; execArgv: string[] } {
  if (!beside.endsWith('.ts')) return { url: new URL(`./${name}.js`, beside), execArgv: [] };
  return { url: new URL(`./${name}.ts`, beside), execArgv: [...fromSourceArgv()] };
}

/** Options with which Node runs this repository's TypeScript as it is, without a build: for threads and children of specs. */
export function fromSourceArgv(): readonly string[] {
  return ['--conditions=source', '--import', new URL('../spec/from-source.fixture.ts', import.meta.url).href];
}
