import { BusError } from '#libs/bus';
import { ensureCommonTopics, type Resources } from './resources.js';

/** Between two attempts at the common topics. */
const TOPICS_RETRY_MS = 1_000;

type Parts = Pick<Resources, 'bus' | 'service' | 'logger'>;

/**
 * Makes the common topics, or goes on trying in the background where that passes by itself: the brokers are away, or have
 * not heard yet of what another service has just made. A service starts without them, says on /readyz what it waits for,
 * and refuses until then. Rejects for what does not pass.
 */
export async function topicsOrLater(parts: Parts, retryMs = TOPICS_RETRY_MS): Promise<void> {
  try {
    await ensureCommonTopics(parts);
  } catch (error) {
    if (!(error instanceof BusError && error.transient)) throw error;
    parts.logger.warn({ err: error }, 'the common topics cannot be made yet');
    setTimeout(() => void topicsOrLater(parts, retryMs).catch((later) => report(parts, later)), retryMs).unref();
  }
}

function report({ logger }: Parts, error: unknown): void {
  if (error instanceof BusError && error.code === 'bus/closed') return;
  logger.error({ err: error }, 'the common topics cannot be made');
}
