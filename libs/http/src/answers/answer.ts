import { etagOf } from './etag.js';

export type AnswerOptions = {
  /** Otherwise that of the route. */
  readonly status?: number;
  /** Stream version: becomes the ETag. */
  readonly version?: number;
  /** Becomes `gatehouse-position: <store>:<position>`, so that the caller can ask to read its own write. */
  readonly position?: { readonly store: string; readonly position: number };
  /** Path of the created thing. */
  readonly location?: string;
};

/** What a handler returns when its answer is more than a body. */
export class Answer<Body> {
  readonly body: Body;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: Body, { status, version, position, location }: AnswerOptions) {
    this.body = body;
    this.status = status;
    this.headers = {
      ...(version !== undefined && { etag: etagOf(version) }),
      ...(position && { [POSITION_HEADER]: positionText(position.store, position.position) }),
      ...(location !== undefined && { location }),
    };
  }
}

/** `return answer(body, {version, position})`. */
export function answer<Body>(body: Body, options: AnswerOptions): Answer<Body> {
  return new Answer(body, options);
}

export const POSITION_HEADER = 'gatehouse-position';
export const MIN_POSITION_HEADER = 'gatehouse-min-position';

/** `identity:1042`. */
export const positionText = (store: string, position: number): string => `${store}:${position}`;

/** Reads `identity:1042`; undefined when it is anything else. */
export function parsePosition(text: string): { store: string; position: number } | undefined {
  const match = /^([a-z]{1,32}):(\d{1,15})$/.exec(text);
  return match?.[1] && match[2] ? { store: match[1], position: Number(match[2]) } : undefined;
}
