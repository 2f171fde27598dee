import { readdirSync, readFileSync } from 'node:fs';

/** How often the threads of a process have been woken so far, by the name of each; a thread that sleeps counts nothing. Linux. */
export function wakesByThread(pid: number): ReadonlyMap<string, number> {
  const wakes = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${task}`;
    const name = readFileSync(`${folder}/comm`, 'utf8').trim();
    const [, switches = '0'] =
      /^voluntary_ctxt_switches:\s*(\d+)/mu.exec(readFileSync(`${folder}/status`, 'utf8')) ?? [];
    wakes.set(name, (wakes.get(name) ?? 0) + Number(switches));
  }
  return wakes;
}

/** All of them together. */
export function wakesOf(pid: number): number {
  return [...wakesByThread(pid).values()].reduce((sum, wakes) => sum + wakes, 0);
}
