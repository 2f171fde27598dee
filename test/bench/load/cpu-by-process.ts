import { processCpuMicros } from './process-cpu.js';

/** CPU by the name of a process, in microseconds. */
type CpuByProcess = Readonly<Record<string, number>>;

/** Begins to count; the function tells what each process used since. One that was started anew in between counts as 0. */
export function countCpu(processes: Readonly<Record<string, number>>): () => CpuByProcess {
  const read = () => Object.entries(processes).map(([name, pid]) => [name, processCpuMicros(pid)] as const);
  const before = new Map(read());
  return () =>
    Object.fromEntries(read().map(([name, micros]) => [name, Math.max(0, micros - (before.get(name) ?? 0))]));
}
