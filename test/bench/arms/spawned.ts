import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const READY_MS_MAX = 10_000;

/** Starts a process for one arm and waits until it answers at `url`; one that does not in time is ended again. */
export async function spawned(
  command: string,
  args: readonly string[],
  url: string,
  readyMsMax = READY_MS_MAX,
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const deadline = Date.now() + readyMsMax;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
    if (Date.now() > deadline) {
      await stopped(child);
      throw new Error(`${command} did not answer at ${url}`);
    }
    await delay(50);
  }
  return child;
}

export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.body?.cancel().then(() => true) ?? true,
    () => false,
  );
}
