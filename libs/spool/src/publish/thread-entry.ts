/** The thread's entry as compiled, or as written where the sources themselves run (specs). */
export function threadEntry(): { url: URL; execArgv: readonly string[] } {
  const url = import.meta.url;
  if (!url.endsWith('.ts')) return { url: new URL('./publisher.worker.js', url), execArgv: [] };
  return { url: new URL('./publisher.worker.ts', url), execArgv: fromSourceArgv() };
}

/** Options with which Node runs this repository's TypeScript as it is, without a build: for threads and children of specs. */
export function fromSourceArgv(): readonly string[] {
  return ['--conditions=source', '--import', new URL('../spec/from-source.fixture.ts', import.meta.url).href];
}
