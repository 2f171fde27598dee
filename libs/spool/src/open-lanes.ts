import { join } from 'node:path';
import { decisionPartition } from '#libs/contracts';
import { silentLogger, SystemClock, type Clock } from '#libs/telemetry';
import { FloodLane } from './append/flood-lane.js';
import { RecordWriter } from './append/record-writer.js';
import { SegmentLog } from './append/segment-log.js';
import { systemFiles } from './append/spool-files.js';
import { BootDirectories, newBootName } from './boots/boot-directories.js';
import { SpoolCells, type LaneCells } from './spool-cells.js';
import {
  FLOOD_PER_ADDRESS_SECOND_DEFAULT,
  FLOOD_RECORDS_MAX_DEFAULT,
  segmentBytesFor,
  SPOOL_BYTES_MAX_DEFAULT,
  type SpoolOptions,
} from './spool-options.js';

export const MAIN_LANE = 0;
export const FLOOD_LANE = 1;
/** Of `bytesMax`: a flood can take no more of the disk. */
const FLOOD_SHARE = 1 / 8;
const BYTES_MAX_LEAST = 1024 * 1024;
const ALARM_EVERY_MS = 10_000;

type Lane = {
  readonly boot: string;
  readonly cells: LaneCells;
  readonly log: SegmentLog;
  readonly writer: RecordWriter;
};
type OpenLane = (index: number, segmentBytes: number, room: (lane: LaneCells, bytes: number) => boolean) => Lane;

export type Lanes = {
  readonly boots: BootDirectories;
  readonly cells: SpoolCells;
  readonly clock: Clock;
  readonly main: Lane;
  readonly flood: Lane;
  readonly floodLane: FloodLane;
  readonly segmentBytes: number;
  /** Says, at most every ten seconds, that records cannot be written. */
  readonly alarm: (error: unknown) => void;
};

/** The writing side of a spool: two new boots, one for decisions and one for floods of refusals. */
export function openLanes(options: SpoolOptions): Lanes {
  const { files = systemFiles, clock = new SystemClock(), bytesMax = SPOOL_BYTES_MAX_DEFAULT, replica } = options;
  if (bytesMax < BYTES_MAX_LEAST) throw new RangeError('A spool needs at least 1 MiB.');
  const cells = new SpoolCells();
  const nowMs = () => clock.nowMs();
  const { partitions } = options.topic;
  const partitionOf = (tenantId: string) => decisionPartition(tenantId, partitions);
  const mainBoot = newBootName(nowMs());
  // By topic: what one service left is never published by another that was given the same directory.
  const boots = new BootDirectories(join(options.directory, options.topic.name), mainBoot);
  const open: OpenLane = (index, segmentBytes, room) => {
    const boot = index === MAIN_LANE ? mainBoot : newBootName(nowMs());
    const lane = cells.lane(index);
    const directory = boots.create(boot);
    const log = new SegmentLog({ directory, files, cells: lane, segmentBytes, room: (bytes) => room(lane, bytes) });
    const writer = new RecordWriter({ log, replica, boot, partitionOf, nowMs });
    return { boot, cells: lane, log, writer };
  };
  const [mainCells, floodCells] = [cells.lane(MAIN_LANE), cells.lane(FLOOD_LANE)];
  const hasRoom = (bytes: number) =>
    mainCells.heldBytes + floodCells.heldBytes + cells.earlierHeldBytes + bytes <= bytesMax;
  const floodBytesMax = bytesMax * FLOOD_SHARE;
  const segmentBytes = segmentBytesFor(bytesMax);
  const main = open(MAIN_LANE, segmentBytes, (_, bytes) => hasRoom(bytes));
  // The flood lane begins new files by itself, when no count can change any more.
  const flood = open(FLOOD_LANE, Infinity, (lane, bytes) => lane.heldBytes + bytes <= floodBytesMax && hasRoom(bytes));
  const alarm = alarmOf(options, clock);
  const floodLane = floodLaneOf(options, flood, { clock, alarm, segmentBytes: segmentBytesFor(floodBytesMax) });
  return { boots, cells, clock, main, flood, floodLane, segmentBytes, alarm };
}

function floodLaneOf(
  { files = systemFiles, ...options }: SpoolOptions,
  { writer, log, cells }: Lane,
  { clock, alarm, segmentBytes }: Pick<Lanes, 'clock' | 'alarm' | 'segmentBytes'>,
): FloodLane {
  return new FloodLane({
    writer,
    log,
    cells,
    files,
    segmentBytes,
    recordsMax: options.floodRecordsMax ?? FLOOD_RECORDS_MAX_DEFAULT,
    perAddress: options.floodPerAddressSecond ?? FLOOD_PER_ADDRESS_SECOND_DEFAULT,
    monotonicMs: () => clock.monotonicMs(),
    failed: alarm,
  });
}

function alarmOf({ logger = silentLogger }: SpoolOptions, clock: Clock): (error: unknown) => void {
  let quietUntilMs = -Infinity;
  return (error) => {
    const now = clock.monotonicMs();
    if (now < quietUntilMs) return;
    quietUntilMs = now + ALARM_EVERY_MS;
    logger.error({ err: error }, 'decision records cannot be written');
  };
}
