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
export type Closed = {
  /** The boot that holds the ends written now; undefined when no call was open. */
  readonly boot: string | undefined;
  readonly calls: number;
  /** To be marked by {@link markRecovered}. */
  readonly directories: readonly string[];
};

/**
 * Closes each allowed call that boots which are over left without an end. The ends get a boot of their own: the numbers
 * of an old boot may have gone on in what a loss of power took. Begun again after a crash at any point, it closes no
 * call twice: until it is marked, the boot of the ends counts as ends of what is not marked either. Where it cannot be
 * written, nothing of it stays.
 */
export async function closeOpenCalls(sources: readonly BootSource[], options: RecoveryOptions): Promise<Closed> {
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
  const directories = unmarked.map(({ directory }) => directory);
  if (ends.length === 0) return { boot: undefined, calls: 0, directories };
  const { boots, replica, segmentBytes, nowMs } = options;
  const boot = newBootName(nowMs());
  try {
    const directory = boots.create(boot);
    const cells = new SpoolCells().lane(0);
    const log = new SegmentLog({ directory, files: systemFiles, cells, segmentBytes, room: () => true });
    const partitionOf = (tenantId: string) => partitionsOf.get(tenantId) ?? 0;
    const writer = new RecordWriter({ log, replica, boot, partitionOf, nowMs });
    try {
      for (const end of ends) writer.write(end);
    } finally {
      await log.close();
    }
    // The boot of the ends last: until then they count as ends of what is not marked yet.
    return { boot, calls: ends.length, directories: [...directories, directory] };
  } catch (error) {
    boots.remove(boot);
    throw error;
  }
}

/** Before anything of these boots is removed or, of the ends, published. May be done again. */
export function markRecovered(directories: readonly string[]): void {
  for (const directory of directories) writeFileSync(join(directory, MARK), '', { mode: 0o600 });
}
