import type { AnswerForm } from '../providers/provider.js';
import type { AnswerReader } from './answer-reader.js';
import { messageEvents, responseEvents } from './event-forms.js';
import { EventReader } from './event-reader.js';
import { PlainReader } from './plain-reader.js';
import { StreamReader } from './stream-reader.js';

/** Who reads an answer that is not compressed. */
export function readerFor(form: AnswerForm, isStream: boolean, dropsUsage: boolean): AnswerReader {
  if (!isStream) return new PlainReader();
  switch (form) {
    case 'messages':
      return new EventReader(messageEvents);
    case 'responses':
      return new EventReader(responseEvents);
    default:
      return new StreamReader(dropsUsage);
  }
}
