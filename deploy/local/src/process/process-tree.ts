import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { statFields } from './process-identity.js';

/** `pid` and all that descends from it now, parents first. PostgreSQL is one process per connection. */
export function processTree(pid: number): number[] {
  const children = childrenByParent();
  const tree = [pid];
  // Grows while it is walked; each process has one parent, so this ends.
  for (const parent of tree) tree.push(...(children.get(parent) ?? []));
  return tree;
}

/** Sends the signal to the whole tree. A process that has just ended is no error. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const member of processTree(pid)) signalProcess(member, signal);
}

/** False when there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const [pid, parentPid] of existsSync('/proc/self/stat') ? parentsByProc() : parentsByPs()) {
    children.set(parentPid, [...(children.get(parentPid) ?? []), pid]);
  }
  return children;
}

function* parentsByProc(): Generator<[pid: number, parentPid: number]> {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      yield [Number(entry), statFields(readFileSync(`/proc/${entry}/stat`, 'utf8')).parentPid];
    } catch {
      // Ended between the listing and the read.
    }
  }
}

function* parentsByPs(): Generator<[pid: number, parentPid: number]> {
  for (const line of execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')) {
    const [pid, parentPid] = line.trim().split(/\s+/).map(Number);
    if (pid && parentPid !== undefined) yield [pid, parentPid];
  }
}
