import { AnswerReader, type AnswerFacts } from './answer-reader.js';
import { DeltaMeter } from './delta-meter.js';
import { dataOf, eachEvent, endOfEvents } from './sse-events.js';

/** What events told so far. `isFinal`: `usage` is what the whole call used, not a beginning. */
export type EventFacts = {
  readonly usage?: unknown;
  readonly isFinal?: boolean;
  readonly model?: string;
  readonly finishReason?: string;
  readonly isWhole?: boolean;
};

/** A family of streams whose events name their type. */
export type EventForm = {
  /** Events of these types tell something; all others pass unread. */
  readonly types: ReadonlySet<string>;
  /** What is known after one of them. */
  read(event: Readonly<Record<string, unknown>>, known: EventFacts): EventFacts;
};

/** A longer event is not read, nor what comes after it: what is held back is bounded. */
export const eventBytesMax = 4 * 1024 * 1024;
const textCharactersMax = 256;

/** Passes events on as they came, each when it is whole, so that an error can follow one that never ended. */
export class EventReader extends AnswerReader {
  private readonly marks: readonly string[];
  private pending: Buffer = Buffer.alloc(0);
  private readonly deltas = new DeltaMeter();
  private bytes = 0;
  private known: EventFacts = {};
  private isUnreadable = false;

  constructor(private readonly form: EventForm) {
    super();
    // In the texts of a model quotes are escaped: these bytes are an event's own.
    this.marks = [...form.types].map((type) => `"${type}"`);
  }

  push(chunk: Buffer): Buffer | undefined {
    this.bytes += chunk.length;
    if (this.isUnreadable) return chunk;
    const data = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
    const end = endOfEvents(data);
    if (data.length - end > eventBytesMax) {
      this.isUnreadable = true;
      this.pending = Buffer.alloc(0);
      return data;
    }
    this.pending = data.subarray(end);
    if (end === 0) return undefined;
    const events = data.subarray(0, end);
    this.deltas.push(events);
    if (this.marks.some((mark) => events.includes(mark))) this.readAll(events);
    return events;
  }

  rest(): Buffer | undefined {
    return this.pending.length > 0 ? this.pending : undefined;
  }

  facts(): AnswerFacts {
    const told = factsOf(this.known, this.outputTokensSoFar());
    // Of what could not be read the upstream's own end is all there is to go by.
    return { ...told, isWhole: told.isWhole || this.isUnreadable };
  }

  outputTokensSoFar(): number {
    return this.deltas.tokens(this.bytes);
  }

  private readAll(events: Buffer): void {
    for (const event of eachEvent(events)) {
      if (this.marks.some((mark) => event.includes(mark))) this.readOne(event);
    }
  }

  private readOne(event: Buffer): void {
    const value = parsedEvent(event);
    if (value && this.form.types.has(String(value.type))) this.known = this.form.read(value, this.known);
  }
}

/** What a stream told that ended, or was cut, after these events, and carried about so many tokens. */
export function factsOf(
  { usage, isFinal, model = '', finishReason = '', isWhole }: EventFacts,
  outputTokensEstimated: number,
): AnswerFacts {
  return {
    usage: isFinal ? usage : undefined,
    model: model.slice(0, textCharactersMax),
    finishReason: finishReason.slice(0, textCharactersMax),
    isWhole: isWhole === true,
    outputTokensEstimated,
  };
}

/** What one event says; undefined where it is no object in JSON. */
export function parsedEvent(event: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(dataOf(event));
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
