import type { Logger } from '#libs/bus';

/**
 * Waits for the end of a part, at most so long; what has not ended by then is named in the log and left behind. A stop
 * must end: whoever supervises the process kills it otherwise, and then nothing is said at all.
 */
export async function endedWithin(
  timeoutMs: number,
  part: string,
  end: Promise<unknown>,
  logger: Logger,
): Promise<void> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), timeoutMs);
  try {
    const outcome = await Promise.race([end.then(() => 'ended' as const), late.promise]);
    if (outcome === 'late') logger.warn({ part, timeoutMs }, 'a part of the event store did not end in time');
  } finally {
    clearTimeout(timer);
  }
}
