import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../deploy/local/clickhouse-front/main.ts', import.meta.url));
/** Lets Node run the sources themselves: their relative specifiers name the files of a build. */
const FROM_SOURCES = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   registerHooks({ resolve: (name, context, next) =>
     next(context.parentURL?.includes('/node_modules/') || !name.startsWith('.') ? name : name.replace(/\\.js$/, '.ts'), context) });`,
)}`;

/** An engine of a spec's own, to be killed. */
export type OwnEngine = { readonly url: string; kill(): Promise<void> };

/** Starts the local front on a free port over `directory`, and waits until it listens. */
export async function startEngine(directory: string): Promise<OwnEngine> {
  const child = spawn(process.execPath, ['--import', FROM_SOURCES, MAIN, '0', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then(([code]) => reject(new Error(`the engine ended with ${code}`)));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /http:\S+/.exec(said)?.[0];
      if (found) resolve(found);
    });
  });
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
