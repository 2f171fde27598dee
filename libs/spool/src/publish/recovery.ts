import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordWriter } from '../append/record-writer.js';
import { SegmentLog } from '../append/segment-log.js';
import { systemFiles } from '../append/spool-files.js';
import { newBootName, type BootDirectories } from '../boots/boot-directories.js';
import { SpoolCells } from '../spool-cells.js';
import type { BootSource } from './boot-source.js';
import { interruptedCall } from './interrupted-call.js';

/** In the directory of a boot whose open calls were closed. */
const MARK = 'recovered';

export type RecoveryOptions = {
  readonly boots: BootDirectories;
  readonly replica: string;
  readonly segmentBytes: number;
  readonly nowMs: () => number;
};
export type Recovered = {
  /** The boot that holds the ends written now; undefined when no call was open. */
  readonly boot: string | undefined;
  readonly calls: number;
};

/**
 * Closes each allowed call that boots which are over left without an end. The ends get a boot of their own: the numbers
 * of an old boot may have gone on in what a loss of power took. Begun again after a crash at any point, it closes no
 * call twice: the ends are written and the boots marked in one go, before anything of it is published or removed.
 */
export async function closeOpenCalls(sources: readonly BootSource[], options: RecoveryOptions): Promise<Recovered> {
  const unmarked = sources.filter(({ directory }) => !existsSync(join(directory, MARK)));
  for (const source of unmarked) source.lookAhead((frame) => source.calls.see(frame));
  const ended = new Set(unmarked.flatMap(({ calls }) => [...calls.strangers]));
  const open = unmarked.flatMap(({ calls }) => [...calls.list()]).filter(([id]) => !ended.has(id));
  // A tenant's partition is where its decision was: to reckon it, contracts would have to be loaded here.
  const partitionsOf = new Map<string, number>();
  const ends = open.flatMap(([, { payload, partition }]) => {
    const end = interruptedCall(payload);
    if (end) partitionsOf.set(end.tenant_id, partition);
    return end ?? [];
  });
  if (ends.length === 0) {
    for (const { directory } of unmarked) mark(directory);
    return { boot: undefined, calls: 0 };
  }
  const { boots, replica, segmentBytes, nowMs } = options;
  const boot = newBootName(nowMs());
  const directory = boots.create(boot);
  const cells = new SpoolCells().lane(0);
  const log = new SegmentLog({ directory, files: systemFiles, cells, segmentBytes, room: () => true });
  const partitionOf = (tenantId: string) => partitionsOf.get(tenantId) ?? 0;
  const writer = new RecordWriter({ log, replica, boot, partitionOf, nowMs });
  for (const end of ends) writer.write(end);
  // The boot of the ends last: until then they count as ends of what is not marked yet.
  for (const marked of [...unmarked.map((source) => source.directory), directory]) mark(marked);
  await log.close();
  return { boot, calls: ends.length };
}

function mark(directory: string): void {
  writeFileSync(join(directory, MARK), '', { mode: 0o600 });
}
