import { countAt } from '../body/count-at.js';
import type { Reached } from '../pipeline/exchange.js';
import { bytesOfTokens } from '../relay/answer-reader.js';
import type { AnswerFacts } from '../relay/answer-reader.js';
import { durationMs } from '../providers/duration.js';

/** What of a call has a price of its own beside tokens. */
export type Pieces = { readonly images: number; readonly durationMs: number };

export const noPieces: Pieces = { images: 0, durationMs: 0 };

/** No provider makes more at once. */
const imagesMax = 1_000;
/** The least that a minute of speech takes in the formats that providers accept (16 kbit/s): no guess credits anybody. */
const soundBytesPerSecond = 2_000;

type Asked = Pick<Reached, 'route' | 'call' | 'body' | 'model'>;

/** What a call that has not been answered may come to; nothing where the model has no price for it. */
export function piecesAsked(state: Asked): Pieces {
  const { route, call, body, model } = state;
  const { perImage, perMinute } = model.cost ?? {};
  const images = perImage !== undefined && route.operation === 'images' ? imagesAsked(state) : 0;
  const heard = perMinute !== undefined && route.operation === 'audio' ? call.form : undefined;
  return { images, durationMs: heard ? msOfBytes(body.bytes.length - heard.textBytes) : 0 };
}

/** What it came to: the duration is what its upstream reports, else a guess from the bytes that were heard or spoken. */
export function piecesUsed(state: Asked, facts: AnswerFacts | undefined): Pieces {
  const asked = piecesAsked(state);
  if (state.route.operation !== 'audio' || state.model.cost?.perMinute === undefined) return asked;
  const spoken = state.call.form ? 0 : msOfBytes(bytesOfTokens(facts?.outputTokensEstimated ?? 0));
  return { ...asked, durationMs: durationMs(facts?.usage) ?? Math.max(asked.durationMs, spoken) };
}

/** One where `n` says nothing, or nothing that is a number of images. */
function imagesAsked(state: Asked): number {
  return countAt(state, 'n', imagesMax) ?? 1;
}

function msOfBytes(bytes: number): number {
  return Math.ceil((bytes * 1_000) / soundBytesPerSecond);
}
