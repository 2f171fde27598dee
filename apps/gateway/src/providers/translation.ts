import type { Untranslatable } from './untranslatable.js';

type Json = Readonly<Record<string, unknown>>;

/** How an operation is spoken to an upstream that has it in another dialect: pure functions of parsed JSON. */
export type Translation = {
  /** What the upstream is sent, or what of the caller's request cannot be said there. */
  request(body: Json, upstreamModel: string): Json | Untranslatable;
  /** Undefined for what is no answer of the upstream's dialect. */
  answer(answer: Json, createdSeconds: number): Json | undefined;
  /** The caller's form of an upstream's error; also of what is none. */
  error(answer: unknown): Json;
  stream(wantsUsage: boolean, createdSeconds: number): StreamTranslation;
};

/** One stream: `data` of the caller's events for each of the upstream's. After an upstream's end it says nothing. */
export type StreamTranslation = { push(event: Json): readonly string[] };
