import { DECISIONS_PER_RECORD_MAX } from '#libs/contracts';
import { silentLogger } from '#libs/telemetry';
import { FLOOD_LANE, MAIN_LANE, type Lanes } from './open-lanes.js';
import type { PublisherOptions } from './publish/publisher-options.js';
import { PublisherHere, type PublisherRun } from './publish/publisher-run.js';
import { PublisherThread } from './publish/publisher-thread.js';
import type { SpoolOptions } from './spool-options.js';

/** Takes over what dead processes left, and publishes: on a thread, or here into the caller's sink. */
export function startPublisher(options: SpoolOptions, lanes: Lanes): PublisherRun {
  const { replica, topic, kafka, logger = silentLogger, sink } = options;
  const { boots, cells, clock, segmentBytes } = lanes;
  const live = [
    { name: lanes.main.boot, lane: MAIN_LANE },
    { name: lanes.flood.boot, lane: FLOOD_LANE },
  ];
  const claimed = () => {
    const earlier = boots.claim(live.map(({ name }) => name));
    // Until the publisher has looked at them: something waits.
    if (earlier.length > 0) cells.earlier = { records: 1, bytes: 0, heldBytes: 0 };
    const recordsPerBatchMax = DECISIONS_PER_RECORD_MAX;
    return { live, earlier, replica, recordsPerBatchMax, segmentBytes };
  };
  if (sink) {
    const log: PublisherOptions['log'] = (level, fields, message) => logger[level](fields, message);
    return new PublisherHere({ ...claimed(), cells, boots, sink, log, nowMs: () => clock.nowMs() }, logger);
  }
  return new PublisherThread(
    () => ({
      ...claimed(),
      memory: cells.memory,
      directory: boots.directory,
      spool: lanes.main.boot,
      kafka,
      topic: topic.name,
      clockOffsetMs: clock.nowMs() - Date.now(),
    }),
    logger,
  );
}
