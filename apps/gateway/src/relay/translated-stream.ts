import type { StreamTranslation } from '../providers/translation.js';
import { AnswerReader, type AnswerFacts } from './answer-reader.js';
import { DeltaMeter } from './delta-meter.js';
import { eventBytesMax, factsOf, parsedEvent, type EventFacts, type EventForm } from './event-reader.js';
import { eachEvent, endOfEvents } from './sse-events.js';

/**
 * A stream that goes on in another dialect, event by event. One that breaks says nothing that looks like its end; one that
 * has an event beyond the bound is not translated further, and not whole.
 */
export class TranslatedStream extends AnswerReader {
  private pending: Buffer = Buffer.alloc(0);
  private readonly deltas = new DeltaMeter();
  private bytes = 0;
  private known: EventFacts = {};
  private isUnreadable = false;

  constructor(
    private readonly translation: StreamTranslation,
    private readonly form: EventForm,
  ) {
    super();
  }

  push(chunk: Buffer): Buffer | undefined {
    if (this.isUnreadable) return undefined;
    this.bytes += chunk.length;
    const data = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
    const end = endOfEvents(data);
    this.pending = data.subarray(end);
    if (this.pending.length > eventBytesMax) {
      this.isUnreadable = true;
      this.pending = Buffer.alloc(0);
    }
    const events = data.subarray(0, end);
    this.deltas.push(events);
    const said = this.translate(events);
    return said === '' ? undefined : Buffer.from(said);
  }

  /** An event that never ended is not passed on. */
  rest(): undefined {
    return undefined;
  }

  facts(): AnswerFacts {
    return factsOf(this.known, this.outputTokensSoFar());
  }

  outputTokensSoFar(): number {
    return this.deltas.tokens(this.bytes);
  }

  private translate(events: Buffer): string {
    let said = '';
    for (const event of eachEvent(events)) {
      const value = parsedEvent(event);
      if (!value) continue;
      if (this.form.types.has(String(value.type))) this.known = this.form.read(value, this.known);
      for (const data of this.translation.push(value)) said += `data: ${data}\n\n`;
    }
    return said;
  }
}
