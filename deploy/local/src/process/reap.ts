import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './process-identity.js';
import { processTree, signalProcess, signalTree } from './process-tree.js';
import type { RunRecord } from './run-records.js';

const LOOK_EVERY_MS = 20;

/**
 * Ends the processes of these records in their stop order: asked first, and killed with all they started when they
 * have not ended after `graceMs`. Answers the names of the parts that were still running.
 */
export async function reap(records: readonly RunRecord[], graceMs: number): Promise<string[]> {
  const alive = records.filter(isAlive);
  const orders = [...new Set(alive.map(({ stopOrder }) => stopOrder))].toSorted((a, b) => a - b);
  for (const order of orders) {
    const together = alive.filter(({ stopOrder }) => stopOrder === order);
    await Promise.all(together.map((record) => endTree(record, record.stopSignal, graceMs)));
  }
  return alive.map(({ part }) => part);
}

/** Ends one process with all its descendants, also when it is stopped (SIGSTOP) or does not listen. */
export async function endTree(root: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (!isAlive(root)) return;
  const tree = processTree(root.pid);
  signalProcess(root.pid, signal);
  for (const pid of tree) signalProcess(pid, 'SIGCONT');
  if (await endsWithin(root, graceMs)) return;
  signalTree(root.pid, 'SIGKILL');
  await endsWithin(root, graceMs);
}

/** True once the process is gone; false after `ms`. */
export async function endsWithin(process: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(process)) {
    if (performance.now() >= deadline) return false;
    await pause(LOOK_EVERY_MS);
  }
  return true;
}
