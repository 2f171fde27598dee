import { spawn, spawnSync } from 'node:child_process';
import { delimiter, dirname, join, resolve } from 'node:path';

/** The folder of the checkout. */
export const checkout = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '../../..');

/** The project's own tools before the system's, so that everything runs on the Node of package.json. */
export const environment = {
  ...process.env,
  PATH: [join(checkout, 'node_modules/.bin'), process.env.PATH].join(delimiter),
};

const OUTPUT_CHARS_MAX = 4_000;

/** Something that the person at the keyboard has to mend; its message says how. */
export class SetupFailed extends Error {}

/** Runs a command in the checkout with its output on ours; rejects with SetupFailed when it fails. */
export async function run(command, args, what) {
  const child = spawn(command, args, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'], env: environment });
  await succeeded(child, what, () => '');
}

/** As `run`, but what the command prints is only in the error, should it fail. */
export async function runQuietly(command, args, what) {
  const child = spawn(command, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  await succeeded(child, what, () => `\n${printed.slice(-OUTPUT_CHARS_MAX)}`);
}

async function succeeded(child, what, printed) {
  const reason = await new Promise((settled) => {
    child.once('error', (error) => settled(error.message));
    child.once('close', (code, signal) => settled(code === 0 ? undefined : (signal ?? `exit ${code}`)));
  });
  if (reason) throw new SetupFailed(`${what} failed (${reason}): ${child.spawnargs.join(' ')}${printed()}`);
}

/** What a command printed on both streams, or undefined when it cannot be run. */
export function outputOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: environment });
  return status === 0 ? `${stdout}${stderr}` : undefined;
}

export function say(line) {
  process.stdout.write(`setup: ${line}\n`);
}
