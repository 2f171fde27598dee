import { setTimeout as pause } from 'node:timers/promises';

/** What is published is known everywhere within milliseconds; a loaded machine takes longer. */
const WITHIN_MS = 60_000;
const EVERY_MS = 20;

/** Looks until something answers anything but false or undefined. @throws Error naming `what`, with the last error as its cause */
export async function until<Found>(what: string, look: () => Promise<Found | false | undefined>): Promise<Found> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    let cause: unknown;
    const found = await look().catch((error: unknown) => {
      cause = error;
      return undefined;
    });
    if (found !== false && found !== undefined) return found;
    if (performance.now() > deadlineMs) throw new Error(`Waited ${WITHIN_MS} ms in vain for ${what}`, { cause });
    await pause(EVERY_MS);
  }
}
