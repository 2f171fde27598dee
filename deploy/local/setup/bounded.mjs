import { spawn } from 'node:child_process';
import { checkout, environment } from './run.mjs';

const GRACE_MS = 10_000;

/**
 * Runs a command with its output on ours and answers whether it succeeded, and how it ended. After `withinMs` it is
 * asked to end with all that it started, and killed ten seconds later.
 */
export async function runBounded([command, ...args], withinMs, signal) {
  // Its own group, so that nothing that it started outlives it.
  const child = spawn(command, args, { cwd: checkout, stdio: 'inherit', env: environment, detached: true });
  let why = '';
  const end = (reason) => {
    why ||= reason;
    killGroup(child, 'SIGTERM');
    setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS).unref();
  };
  const timer = setTimeout(() => end(`not done within ${Math.round(withinMs / 1000)} s`), withinMs);
  const interrupt = () => end('interrupted');
  signal.addEventListener('abort', interrupt, { once: true });
  const ended = await new Promise((settled) => {
    child.once('error', (error) => settled(error.message));
    child.once('exit', (code, by) => settled(code === 0 ? '' : (by ?? `exit ${code}`)));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', interrupt);
  killGroup(child, 'SIGKILL');
  return { ok: ended === '' && why === '', why: why || ended };
}

function killGroup({ pid }, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
