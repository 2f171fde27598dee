import { SubjectKeys } from '#libs/event-store';
import { Injectable } from '@nestjs/common';
import { SubjectNames } from '../apply/subject-names.js';
import type { StoredDocument } from './document-history.adapter.js';
import { putFreeText, type FreeText } from './free-text.js';

/** A document as people wrote it: with the addresses and the free text that still exist. */
@Injectable()
export class DocumentView {
  constructor(
    private readonly subjects: SubjectNames,
    private readonly subjectKeys: SubjectKeys,
  ) {}

  async shown({ document, freeText, revision }: StoredDocument) {
    const text = freeText ? await this.subjectKeys.open(freeText) : undefined;
    const whole = putFreeText(document, text === undefined ? null : (JSON.parse(text) as FreeText));
    return { object: 'policy_document', revision, ...this.subjects.toEmails(whole) };
  }
}
