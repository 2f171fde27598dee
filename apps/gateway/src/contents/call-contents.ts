import type { KeptContents, KeptPiece } from '#libs/contents';
import type { AnswerReader, AnswerStart } from '../relay/answer-reader.js';
import { KeptAnswer } from './kept-answer.js';
import { KeptBytes } from './kept-bytes.js';

const CONTENT_TYPE_CHARACTERS_MAX = 256;
/** What an entry takes beside its bytes, about. */
const ENTRY_BYTES = 1_024;

/** Whose call it is; the metadata that travels in plain. */
export type CallPlace = {
  readonly tenantId: string;
  readonly decisionId: string;
  readonly principalId: string;
  /** Ms since 1970. */
  readonly atMs: number;
};

export type CallRequest = {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** A form brings a file. */
  readonly isForm: boolean;
  /** Whether answers are pictures or sounds. */
  readonly isMedia: boolean;
};

type Piece = { readonly contentType: string; readonly omitted: KeptPiece['omitted']; readonly bytes: KeptBytes };

/** Prompt and answer of one call, as its caller sent and got them, each up to a bound; in memory alone. */
export class CallContents {
  private readonly request: Piece;
  private answer: Piece | undefined;
  private readonly isMedia: boolean;

  constructor(
    readonly place: CallPlace,
    { contentType, body, isForm, isMedia }: CallRequest,
    private readonly bytesMax: number,
  ) {
    this.isMedia = isMedia;
    this.request = pieceOf(contentType, isForm ? 'media' : null, bytesMax);
    this.request.bytes.add(body);
  }

  /** A reader that does as `reader`, and of which is kept what it passes on to the caller. */
  reading(reader: AnswerReader, { contentType, status, isCompressed }: AnswerStart): AnswerReader {
    const isPicture = this.isMedia && status < 400;
    const omitted = isCompressed ? 'compressed' : isPicture ? 'media' : null;
    this.answer = pieceOf(contentType, omitted, this.bytesMax);
    return new KeptAnswer(reader, this.answer.bytes);
  }

  /** How much memory it takes while it waits. */
  get memoryBytes(): number {
    return ENTRY_BYTES + this.request.bytes.keptBytes + (this.answer?.bytes.keptBytes ?? 0);
  }

  get sizes(): { readonly requestBytes: number; readonly answerBytes: number } {
    return { requestBytes: this.request.bytes.bytes, answerBytes: this.answer?.bytes.bytes ?? 0 };
  }

  kept(): KeptContents {
    return { request: keptOf(this.request), answer: this.answer ? keptOf(this.answer) : null };
  }
}

function pieceOf(contentType = '', omitted: KeptPiece['omitted'], bytesMax: number): Piece {
  const bytes = new KeptBytes(omitted === null ? bytesMax : 0);
  return { contentType: contentType.slice(0, CONTENT_TYPE_CHARACTERS_MAX), omitted, bytes };
}

function keptOf({ contentType, omitted, bytes }: Piece): KeptPiece {
  const isTruncated = omitted === null && bytes.isTruncated;
  return { contentType, bytes: bytes.bytes, omitted, isTruncated, base64: bytes.base64() };
}
