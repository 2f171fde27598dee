import { readDocument } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import { DocumentHistory, type StoredText } from '../documents/document-history.adapter.js';
import { DocumentView } from '../documents/document-view.js';
import {
  differingIds,
  documentDifference,
  type ComparedDocument,
  type DocumentDifference,
} from './revision-difference.js';

/** Documents told of one comparison; of further ones, how many there are. */
const DOCUMENTS_SHOWN_MAX = 200;

/** Compares the sets of two revisions. */
@Injectable()
export class RevisionDifferences {
  constructor(
    private readonly history: DocumentHistory,
    private readonly view: DocumentView,
  ) {}

  /** Revision 0 is the empty set. */
  async between(
    tenantId: string,
    from: number,
    to: number,
  ): Promise<{ documents: readonly DocumentDifference[]; more: number }> {
    const [before, after] = [await this.history.texts(tenantId, from), await this.history.texts(tenantId, to)];
    const ids = differingIds(before, after);
    const shown = ids.slice(0, DOCUMENTS_SHOWN_MAX);
    const documents = await Promise.all(
      shown.map(async (id) => {
        const [old, now] = await Promise.all([this.compared(tenantId, before, id), this.compared(tenantId, after, id)]);
        return documentDifference(old, now);
      }),
    );
    return { documents, more: ids.length - shown.length };
  }

  /** With the addresses and the free text that people wrote, as far as they still exist. */
  private async compared(
    tenantId: string,
    set: readonly StoredText[],
    id: string,
  ): Promise<ComparedDocument | undefined> {
    const found = set.find(({ kind, name }) => `${kind}/${name}` === id);
    if (!found) return undefined;
    const { text, ...stored } = found;
    const whole = await this.view.shown({ ...stored, tenantId, document: readDocument(JSON.parse(text)) });
    const { object: _, revision: __, ...document } = whole;
    return { kind: stored.kind, name: stored.name, digest: stored.digest, document };
  }
}
