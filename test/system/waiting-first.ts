/**
 * Integration specs that mostly wait: for leases and time-outs to end, for processes to stop and come back. Begun early
 * they wait beside others; begun last, as their size would have it, nothing is left to run meanwhile.
 */
export const WAITING: readonly string[] = [
  'libs/bus/src/kafka/pause.int.spec.ts',
  'libs/event-store/src/publication/publisher-failures.int.spec.ts',
  'libs/bus/src/kafka/kafka-bus.int.spec.ts',
  'apps/audit/src/outage.int.spec.ts',
  'deploy/local/src/stack/embedded.int.spec.ts',
  'libs/clickhouse/src/ranges/range-engine-kill.int.spec.ts',
  'libs/event-store/src/publication/slow-disk.int.spec.ts',
  'libs/clickhouse/src/ranges/range-slow-disk.int.spec.ts',
  'libs/event-store/src/store/commit-order.int.spec.ts',
  'libs/bus/src/kafka/outage.int.spec.ts',
];

/** One that waits for each two others, so that a machine of few cores always has something to do. */
const OTHERS_PER_WAITING = 2;

/** The same files, those that wait spread over the beginning in the order of {@link WAITING}; others as they are. */
export function waitingFirst<File>(files: readonly File[], pathOf: (file: File) => string): File[] {
  const place = (file: File) => WAITING.findIndex((path) => pathOf(file).endsWith(`/${path}`));
  const waiting = files.filter((file) => place(file) >= 0).toSorted((a, b) => place(a) - place(b));
  const others = files.filter((file) => place(file) < 0);
  const sorted = waiting.flatMap((file, n) => [
    file,
    ...others.slice(n * OTHERS_PER_WAITING, (n + 1) * OTHERS_PER_WAITING),
  ]);
  return [...sorted, ...others.slice(waiting.length * OTHERS_PER_WAITING)];
}
