import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './process-identity.js';
import { reap } from './reap.js';
import { RunRecords } from './run-records.js';

/**
 * A process beside the launcher that outlives it: when the launcher ends without having stopped its parts (`kill -9`),
 * the pipe on standard input closes, and the warden stops them in order. Arguments: the folder of the run records,
 * the launcher's pid and its start.
 */
const GRACE_MS = 10_000;
const LAUNCHER_ENDS_WITHIN_MS = 2_000;

const [folder = '', pid = '', started = ''] = process.argv.slice(2);
const launcher: ProcessIdentity = { pid: Number(pid), started };

// A Ctrl-C in the terminal is the launcher's to handle; the warden ends when the launcher has.
process.on('SIGINT', () => undefined);
process.stdin.resume();
process.stdin.on('error', () => undefined);
process.stdin.on('close', () => void clearUp());

async function clearUp(): Promise<void> {
  // The pipe closes a moment before the process is gone.
  for (let waitedMs = 0; isAlive(launcher) && waitedMs < LAUNCHER_ENDS_WITHIN_MS; waitedMs += 20) await pause(20);
  if (!isAlive(launcher)) {
    const records = new RunRecords(folder);
    const left = records.all().filter((record) => record.part !== 'warden' && isOf(record.launcher));
    await reap(left, GRACE_MS);
    for (const { part } of left) records.remove(part);
  }
  process.exit(0);
}

function isOf(other: ProcessIdentity): boolean {
  return other.pid === launcher.pid && other.started === launcher.started;
}
