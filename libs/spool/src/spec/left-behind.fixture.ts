import { cpSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DecisionSpool } from '../decision-spool.js';
import { MemorySink } from './memory-sink.fixture.js';
import { topicSpec } from './records.fixture.js';
import { filesIn, spoolDirectory } from './spool-directory.fixture.js';

export const openSpool = (directory: string, sink: MemorySink, bytesMax = 1024 * 1024) =>
  DecisionSpool.open({
    directory,
    service: 'gateway',
    replica: 'gateway-1',
    topic: topicSpec('gateway.decisions.v1'),
    kafka: { brokers: [] },
    sink,
    bytesMax,
  });

/** The directory of a process that was killed at this point: nothing closed or synced, and its owner is dead. */
export function killedNow(directory: string): string {
  const copy = spoolDirectory();
  cpSync(directory, copy, { recursive: true });
  for (const { path } of filesIn(copy)) {
    if (basename(path).startsWith('owner.')) renameSync(path, join(dirname(path), 'owner.0.0.killed'));
  }
  return copy;
}

/** Opens what was left, waits until all of it is published, and closes. */
export async function recovered(directory: string): Promise<MemorySink> {
  const sink = new MemorySink();
  const spool = await openSpool(directory, sink);
  if (!(await spool.flush(10_000))) throw new Error('Not everything was published.');
  await spool.close();
  return sink;
}
