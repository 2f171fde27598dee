import { readyMessage } from './ready-message.js';
import { readConfig } from './local.config.js';
import { seedDemo } from './seed/demo.js';
import { startStack } from './stack/start-stack.js';

/** EX_CONFIG of sysexits.h: starting again changes nothing. */
const EXIT_CONFIG = 78;

const startedAtMs = performance.now();
const say = (line: string) => void process.stdout.write(`${line}\n`);
const interruption = new AbortController();
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!interruption.signal.aborted) say(`\n${signal}: stopping`);
      interruption.abort(new Error('The start was interrupted.'));
      resolve();
    });
  }
});

process.exitCode = await run();

async function run(): Promise<number> {
  try {
    const config = optionsOrExit();
    say(`Gatehouse starts in ${config.home}`);
    const stack = await startStack({ ...config, seed: seedDemo, say, signal: interruption.signal });
    say(readyMessage(config.home, (performance.now() - startedAtMs) / 1_000));
    await interrupted;
    await stack.stop();
    say('stopped');
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return interruption.signal.aborted ? 130 : 1;
  }
}

function optionsOrExit() {
  try {
    return readConfig(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(EXIT_CONFIG);
  }
}
