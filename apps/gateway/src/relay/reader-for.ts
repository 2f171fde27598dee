import type { AnswerForm } from '../providers/provider.js';
import type { AnswerReader } from './answer-reader.js';
import { messageEvents, responseEvents } from './event-forms.js';
import { EventReader } from './event-reader.js';
import { PassReader } from './pass-reader.js';
import { PlainReader } from './plain-reader.js';
import { StreamReader } from './stream-reader.js';
import { TranslatedAnswer } from './translated-answer.js';
import { TranslatedStream } from './translated-stream.js';
import type { UpstreamCall } from './upstream-call.js';

/** What is known of an answer when it begins. */
export type AnswerStart = { readonly status: number; readonly isStream: boolean; readonly isCompressed: boolean };

/** Who reads an answer on its way. */
export function readerFor(
  { form, dropsUsage, translation }: Pick<UpstreamCall, 'form' | 'dropsUsage' | 'translation'>,
  { status, isStream, isCompressed }: AnswerStart,
): AnswerReader {
  if (translation) {
    const createdSeconds = Math.floor(Date.now() / 1_000);
    const { by, wantsUsage } = translation;
    if (!isStream) return new TranslatedAnswer(by, status >= 400, createdSeconds);
    return new TranslatedStream(by.stream(wantsUsage, createdSeconds), messageEvents);
  }
  if (isCompressed) return new PassReader();
  if (!isStream) return new PlainReader();
  return streamReader(form, dropsUsage);
}

function streamReader(form: AnswerForm, dropsUsage: boolean): AnswerReader {
  switch (form) {
    case 'messages':
      return new EventReader(messageEvents);
    case 'responses':
      return new EventReader(responseEvents);
    default:
      return new StreamReader(dropsUsage);
  }
}
