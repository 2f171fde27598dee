import { isRecord } from '../providers/token-count.js';
import type { EventForm } from './event-reader.js';

const textIn = (value: unknown) => (typeof value === 'string' ? value : '');
const recordIn = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/** Anthropic's messages: usage begins in `message_start`, and `message_delta` has the sums. */
export const messageEvents: EventForm = {
  types: new Set(['message_start', 'message_delta', 'message_stop']),
  read: (event, known) => {
    if (event.type === 'message_stop') return { ...known, isWhole: true };
    if (event.type === 'message_start') {
      const message = recordIn(event.message);
      return { ...known, usage: message.usage, model: textIn(message.model) };
    }
    const usage = isRecord(event.usage) ? { ...recordIn(known.usage), ...withoutNulls(event.usage) } : undefined;
    return { ...known, usage, isFinal: usage !== undefined, finishReason: textIn(recordIn(event.delta).stop_reason) };
  },
};

/** What an upstream does not repeat in its sums stands as it began. */
function withoutNulls(usage: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}

/** OpenAI's responses: the last event has the whole response, however it ended. */
export const responseEvents: EventForm = {
  types: new Set(['response.completed', 'response.incomplete', 'response.failed']),
  read: (event, known) => {
    const { usage, model, status } = recordIn(event.response);
    return { ...known, usage, isFinal: true, isWhole: true, model: textIn(model), finishReason: textIn(status) };
  },
};

/** OpenAI's images, transcripts and speech: the last event has the usage of the call, where there is one. */
export const mediaEvents: EventForm = {
  types: new Set(['image_generation.completed', 'image_edit.completed', 'transcript.text.done', 'speech.audio.done']),
  read: (event, known) => ({ ...known, usage: event.usage, isFinal: true, isWhole: true }),
};
