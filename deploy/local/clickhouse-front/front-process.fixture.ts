import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Lets Node run the sources themselves: their relative specifiers name the files of a build. */
const FROM_SOURCES = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   registerHooks({ resolve: (name, context, next) =>
     next(context.parentURL?.includes('/node_modules/') || !name.startsWith('.') ? name : name.replace(/\\.js$/, '.ts'), context) });`,
)}`;

export type FrontProcess = { url: string; child: ChildProcess; end(signal: NodeJS.Signals): Promise<number | null> };

/** Starts a front of its own on a free port and waits until it listens. */
export async function startFront(directory: string, env: Record<string, string> = {}): Promise<FrontProcess> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', FROM_SOURCES, main, '0', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the front ended with ${code}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /http:\S+/.exec(said)?.[0];
      if (found) resolve(found);
    });
  });
  return {
    url,
    child,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
