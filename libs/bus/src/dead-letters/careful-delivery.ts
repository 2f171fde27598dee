import { BackOff } from '../back-off.js';
import { BusError, PoisonRecord } from '../bus-error.js';
import type { BusRecord } from '../bus-record.js';
import type { Logger } from '#libs/kafka';
import type { DeadLetters } from './dead-letters.js';
import { isTransient } from './transient-failure.js';

export type CarefulDeliveryOptions = {
  readonly deadLetters: Pick<DeadLetters, 'bury'>;
  readonly logger: Logger;
  /** Deliveries of one record before it is given up. */
  readonly attemptsMax: number;
  /** First pause, ms; doubled up to 10 s. */
  readonly retryMs: number;
};

const RETRY_MS_MAX = 10_000;
const REASON = /^[\w./-]{1,80}$/;

/**
 * Hands records to a handler so that one that can never work neither blocks the others nor gets lost. Poison depends
 * on content alone: a transient failure rejects at once, to be delivered again later for as long as it takes; any other
 * one is narrowed down to the single record, tried `attemptsMax` times, and that record becomes a dead letter. Rejects,
 * so that nothing is committed, when the dead letter cannot be written.
 */
export class CarefulDelivery {
  constructor(private readonly options: CarefulDeliveryOptions) {}

  async deliver<Item extends { readonly record: BusRecord }>(
    items: readonly Item[],
    handle: (items: readonly Item[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (items.length === 0) return;
    const backOff = new BackOff(this.options.retryMs, RETRY_MS_MAX);
    for (let attempt = 1; ; attempt += 1) {
      // Between two attempts the partition may have gone to somebody else, who delivers it too.
      if (signal.aborted) throw new BusError('bus/ownership-lost', 'The partition was lost while retrying', true);
      try {
        await handle(items);
        return;
      } catch (error) {
        if (isTransient(error)) throw error;
        const [only, ...others] = items;
        if (others.length > 0) break;
        if (only && (error instanceof PoisonRecord || attempt >= this.options.attemptsMax)) {
          await this.bury(only.record, reasonOf(error), attempt);
          return;
        }
        await backOff.wait(signal);
      }
    }
    for (const item of items) await this.deliver([item], handle, signal);
  }

  /** Gives a record up without trying. */
  async bury(record: BusRecord, reason: string, attempts = 0): Promise<void> {
    const { topic, partition, offset } = record;
    await this.options.deadLetters.bury(record, { reason, attempts });
    this.options.logger.error(
      { topic, partition, offset: String(offset), reason, attempts },
      'record became a dead letter',
    );
  }
}

/** A code, never a message: that may quote the record. */
function reasonOf(error: unknown): string {
  if (error instanceof PoisonRecord) return error.reason;
  if (!(error instanceof Error)) return 'handler/unknown';
  const { code, name } = error as Error & { code?: unknown };
  const said = typeof code === 'string' ? code : name;
  return REASON.test(said) ? `handler/${said}` : 'handler/unknown';
}
