import { fromSourceArgv } from '#libs/spool';

/** The thread's entry as compiled, or as written where the sources themselves run (specs). */
export function threadEntry(): { url: URL; execArgv: readonly string[] } {
  const url = import.meta.url;
  if (!url.endsWith('.ts')) return { url: new URL('./draft.worker.js', url), execArgv: [] };
  return { url: new URL('./draft.worker.ts', url), execArgv: fromSourceArgv() };
}
