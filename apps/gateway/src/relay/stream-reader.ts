import { AnswerReader, type AnswerFacts } from './answer-reader.js';
import { textAfter } from './plain-reader.js';
import { dataOf, endOfEvents, endOfFirstEvent, startOfEvent } from './sse-events.js';

/** A longer event is passed on unread, and with it the rest of the stream: what is held back is bounded. */
const eventBytesMax = 1024 * 1024;
/** The end of a stream is looked through once more when it is over: finish reason, usage and `[DONE]` are there. */
const lastChunksMax = 4;
const USAGE = '"usage"';

type UsageEvent = { usage?: unknown; choices?: unknown; model?: unknown };

/**
 * A stream of server-sent events in OpenAI's form. Bytes go on as they came; only where the gateway itself asked for
 * usage, the one event that has nothing but usage is taken out, and an unfinished event waits for its end.
 */
export class StreamReader extends AnswerReader {
  private pending: Buffer = Buffer.alloc(0);
  private readonly lastChunks: Buffer[] = [];
  private bytes = 0;
  private firstEventBytes = 0;
  private usage: unknown;
  private model = '';
  private isUnreadable = false;

  /** @param hasSeveralAnswers one of which may be over while others go on: a finish reason then ends no stream. */
  constructor(
    private readonly dropsUsage: boolean,
    private readonly hasSeveralAnswers = false,
  ) {
    super();
  }

  push(chunk: Buffer): Buffer | undefined {
    this.bytes += chunk.length;
    if (this.isUnreadable) return chunk;
    const data = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
    const end = endOfEvents(data);
    this.pending = data.subarray(end);
    if (this.pending.length > eventBytesMax) {
      this.isUnreadable = true;
      this.pending = Buffer.alloc(0);
      return this.dropsUsage ? data : chunk;
    }
    if (end === 0) return this.dropsUsage ? undefined : chunk;
    const events = data.subarray(0, end);
    if (this.firstEventBytes === 0) this.firstEventBytes = events.indexOf('\n\n') + 2 || events.length;
    if (this.lastChunks.push(events) > lastChunksMax) this.lastChunks.shift();
    const left = this.withoutUsageEvents(events);
    return this.dropsUsage ? left : chunk;
  }

  rest(): Buffer | undefined {
    return this.dropsUsage && this.pending.length > 0 ? this.pending : undefined;
  }

  facts(): AnswerFacts {
    const end = Buffer.concat([...this.lastChunks, this.pending]);
    const finishReason = textAfter(end, '"finish_reason"');
    const isDone = /^data: ?\[DONE\]/mu.test(end.toString('latin1', Math.max(0, end.length - 256)));
    return {
      usage: this.usage,
      model: this.model || textAfter(end, '"model"'),
      finishReason,
      isWhole: isDone || (finishReason !== '' && !this.isUnreadable && !this.hasSeveralAnswers),
      outputTokensEstimated: this.outputTokensSoFar(),
    };
  }

  /** Events of one stream are about as long as its first, and carry about one token each. */
  outputTokensSoFar(): number {
    return Math.ceil(this.bytes / Math.max(this.firstEventBytes, 1));
  }

  private withoutUsageEvents(events: Buffer): Buffer | undefined {
    const kept: Buffer[] = [];
    let from = 0;
    for (let at = events.indexOf(USAGE); at >= 0; at = events.indexOf(USAGE, at + USAGE.length)) {
      if (isObjectAfter(events, at + USAGE.length)) {
        const start = startOfEvent(events, at);
        const length = endOfFirstEvent(events.subarray(start));
        if (this.readUsage(events.subarray(start, start + length))) {
          kept.push(events.subarray(from, start));
          from = start + length;
        }
      }
    }
    if (from === 0) return events;
    kept.push(events.subarray(from));
    const left = Buffer.concat(kept);
    return left.length > 0 ? left : undefined;
  }

  /** Whether the event has usage and no choices: the one that was only sent because somebody asked for usage. */
  private readUsage(event: Buffer): boolean {
    const value = parse(dataOf(event));
    if (!value?.usage || typeof value.usage !== 'object') return false;
    this.usage = value.usage;
    if (typeof value.model === 'string') this.model = value.model;
    return Array.isArray(value.choices) && value.choices.length === 0;
  }
}

function isObjectAfter(bytes: Buffer, from: number): boolean {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x3a || byte === 0x09; byte = bytes[at]) at += 1;
  return bytes[at] === 0x7b;
}

function parse(text: string): UsageEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}
