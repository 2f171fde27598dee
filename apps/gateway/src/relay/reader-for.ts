import type { AnswerForm } from '../providers/provider.js';
import type { AnswerReader, AnswerStart } from './answer-reader.js';
import { mediaEvents, messageEvents, responseEvents } from './event-forms.js';
import { EventReader } from './event-reader.js';
import { PassReader } from './pass-reader.js';
import { PlainReader } from './plain-reader.js';
import { StreamReader } from './stream-reader.js';
import { TranslatedAnswer } from './translated-answer.js';
import { TranslatedStream } from './translated-stream.js';
import type { UpstreamCall } from './upstream-call.js';

/** Who reads an answer on its way. */
export function readerFor(
  {
    form,
    dropsUsage,
    hasSeveralAnswers,
    translation,
  }: Pick<UpstreamCall, 'form' | 'dropsUsage' | 'hasSeveralAnswers' | 'translation'>,
  { status, isStream, isCompressed, contentType }: AnswerStart,
): AnswerReader {
  if (translation) {
    const createdSeconds = Math.floor(Date.now() / 1_000);
    const { by, wantsUsage } = translation;
    if (!isStream) return new TranslatedAnswer(by, status >= 400, createdSeconds);
    return new TranslatedStream(by.stream(wantsUsage, createdSeconds), messageEvents);
  }
  if (isCompressed) return new PassReader();
  if (!isStream) return isMedia(form) && !json.test(contentType) ? new PassReader() : new PlainReader();
  return streamReader(form, dropsUsage, hasSeveralAnswers);
}

const json = /^application\/json\b/iu;

/** Whether answers may be pictures, sounds or bare text, in which nothing is looked for. */
export function isMedia(form: AnswerForm): boolean {
  return form === 'media' || form === 'transcript';
}

function streamReader(form: AnswerForm, dropsUsage: boolean, hasSeveralAnswers?: boolean): AnswerReader {
  switch (form) {
    case 'messages':
      return new EventReader(messageEvents);
    case 'responses':
      return new EventReader(responseEvents);
    case 'media':
    case 'transcript':
      return new EventReader(mediaEvents);
    default:
      return new StreamReader(dropsUsage, hasSeveralAnswers);
  }
}
