import { tokensOfBytes } from './answer-reader.js';
import { endOfFirstEvent, startOfEvent } from './sse-events.js';

/** Events that carry text: `content_block_delta`, `response.output_text.delta`, `transcript.text.delta`. */
const DELTA = 'delta"';
/** A longer event carries more than one token, whatever names it has besides. */
const deltaBytesMax = 512;

/**
 * About how many tokens a stream of typed events has carried: those with text are about as long as the first of them, and
 * carry about one token each. Only for a stream whose upstream did not come to say it.
 */
export class DeltaMeter {
  private bytes = 0;
  private deltaBytes = 0;

  /** Whole events. */
  push(events: Buffer): void {
    const at = this.deltaBytes === 0 ? events.indexOf(DELTA) : -1;
    if (this.deltaBytes === 0 && at < 0) return;
    const counted = at < 0 ? events : events.subarray(startOfEvent(events, at));
    if (at >= 0) this.deltaBytes = Math.min(deltaBytesMax, endOfFirstEvent(counted));
    this.bytes += counted.length;
  }

  /** @param bytes of all that came: what had no such event is reckoned as plain text. */
  tokens(bytes: number): number {
    return this.deltaBytes === 0 ? tokensOfBytes(bytes) : Math.ceil(this.bytes / this.deltaBytes);
  }
}
