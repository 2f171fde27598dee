import { cpus, loadavg, totalmem } from 'node:os';

/** Where figures were taken, and what else the machine did: its load over the last minute. */
export function machine(): string {
  const [processor] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return `${cpus().length} × ${processor?.model.trim() ?? '?'}, ${gibibytes} GiB, Node ${process.versions.node}, load ${load}`;
}
