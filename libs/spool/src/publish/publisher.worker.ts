import { parentPort, workerData } from 'node:worker_threads';
import { BootDirectories } from '../boots/boot-directories.js';
import { SpoolCells } from '../spool-cells.js';
import { KafkaSink } from './kafka-sink.js';
import { Publisher } from './publisher.js';
import type { FromPublisher, PublisherData, ToPublisher } from './publisher-messages.js';

const { memory, directory, spool, kafka, topic, clockOffsetMs, ...rest } = workerData as PublisherData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
const tell = (message: FromPublisher) => parentPort?.postMessage(message);

const publisher = new Publisher({
  ...rest,
  cells: new SpoolCells(memory),
  boots: new BootDirectories(directory, spool),
  nowMs: () => Date.now() + clockOffsetMs,
  sink: new KafkaSink(kafka, topic, `${rest.replica}-spool`),
  log: (level, { err, ...fields }, message) => {
    tell({ level, message, fields: { ...fields, ...(err instanceof Error && { error: err.message }) } });
  },
});

parentPort?.on('message', ({ stopWithinMs }: ToPublisher) => publisher.stop(stopWithinMs));
await publisher.run();
parentPort?.close();
