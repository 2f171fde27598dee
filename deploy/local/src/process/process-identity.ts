import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * One process and no later one that got the same number: `started` is when the kernel started it, on this boot of the
 * machine. Opaque; compare it only with `isAlive`.
 */
export type ProcessIdentity = { readonly pid: number; readonly started: string };

/** Undefined when there is no such process, or only a zombie that nobody has collected yet. */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = existsSync('/proc/self/stat') ? startedByProc(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return identify(pid)?.started === started;
}

let bootId: string | undefined;

function startedByProc(pid: number): string | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (fields.state === 'Z' || fields.state === 'X') return undefined;
    // Start times count from boot, so after a reboot the same number could mean another process.
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${bootId}/${fields.startTicks}`;
  } catch {
    return undefined;
  }
}

function startedByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

/** The fields of `/proc/<pid>/stat`; the command's name in brackets may itself hold spaces and brackets. */
export function statFields(stat: string): { state: string; parentPid: number; startTicks: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parentPid: Number(fields[1]), startTicks: fields[19] ?? '' };
}
