import { readFileSync } from 'node:fs';

/** When a process began, in ticks since the machine's start; empty where the system does not tell (not Linux). */
function startOf(pid: number | 'self'): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the fields behind it do not.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

const OWN_START = startOf('self');

/** Names this process so that a later one with the same pid is not taken for it: `<pid>.<start>`. */
export function ownProcess(): string {
  return `${process.pid}.${OWN_START}`;
}

/** Whether the process that `ownProcess` named there still runs. When in doubt it does. */
export function isRunning(named: string): boolean {
  const [pidText = '', start = ''] = named.split('.');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return start === OWN_START;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const found = startOf(pid);
  return found === '' || start === '' || found === start;
}
