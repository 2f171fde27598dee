import { fstatSync } from 'node:fs';
import type { Logger } from '#libs/telemetry';

/** How long an orderly stop may take before the process ends all the same. */
export const STOP_TIMEOUT_MS = 10_000;

export type ShutdownOptions = {
  readonly logger: Logger;
  /** Ends everything in order; must be safe to call once. */
  readonly stop: () => Promise<void>;
  /** In local mode the process must not outlive its launcher, which may be killed without a word. */
  readonly withParent: boolean;
  readonly timeoutMs?: number;
};

/**
 * Stops in order on SIGTERM and SIGINT, and with the parent where asked for: at the end of the IPC channel if there is
 * one, else of a piped standard input. A second signal ends the process at once.
 */
export function stopOnSignals({ logger, stop, withParent, timeoutMs = STOP_TIMEOUT_MS }: ShutdownOptions): void {
  let stopping = false;
  const begin = (why: string): void => {
    if (stopping) return process.exit(1);
    stopping = true;
    logger.info({ why }, 'stopping');
    setTimeout(() => {
      logger.error({ timeoutMs }, 'did not stop in time');
      process.exit(1);
    }, timeoutMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  if (withParent) onParentGone(() => stopping || begin('the parent is gone'));
}

function onParentGone(gone: () => void): void {
  if (process.channel) {
    process.once('disconnect', gone);
    return;
  }
  const stdin = fstatSync(0);
  // A terminal or a file says nothing about a parent; only a pipe or a socket ends with it.
  if (!stdin.isFIFO() && !stdin.isSocket()) return;
  process.stdin.once('end', gone).once('error', gone).resume();
}
