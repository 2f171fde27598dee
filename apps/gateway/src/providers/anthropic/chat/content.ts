import { Untranslatable } from '../../untranslatable.js';
import { isGiven, listAt, recordAt, refuseOthers, textAt, type Json } from './json-at.js';

const ofText = new Set(['type', 'text']);
const ofImage = new Set(['type', 'image_url']);
/** `detail` is a hint of OpenAI's on how closely to look, and means nothing elsewhere. */
const ofImageUrl = new Set(['url', 'detail']);
const imageData = /^data:(image\/(?:jpeg|png|gif|webp));base64,([A-Za-z0-9+/]+={0,2})$/u;

/** A user's content, as blocks: texts, and images as data or by an https address, which the provider itself opens. */
export function userBlocks(content: unknown, at: string): readonly Json[] {
  if (typeof content === 'string') return textBlocks(content, at);
  return listAt(content, at).map((part, index) => {
    const where = `${at}[${index}]`;
    const value = recordAt(part, where);
    return value.type === 'image_url' ? imageBlock(value, where) : textBlock(value, where);
  });
}

/** Content that may only be text. An empty text is no block: the upstream refuses those. */
export function textBlocks(content: unknown, at: string): readonly Json[] {
  if (!isGiven(content) || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return listAt(content, at).map((part, index) => textBlock(recordAt(part, `${at}[${index}]`), `${at}[${index}]`));
}

function textBlock(part: Json, at: string): Json {
  // A refusal of an earlier turn was said in words.
  if (part.type === 'refusal') return { type: 'text', text: textAt(part.refusal, `${at}.refusal`) };
  if (part.type !== 'text') throw new Untranslatable(`${at}.type`, 'content of this type has no counterpart there');
  refuseOthers(part, ofText, `${at}.`);
  return { type: 'text', text: textAt(part.text, `${at}.text`) };
}

function imageBlock(part: Json, at: string): Json {
  refuseOthers(part, ofImage, `${at}.`);
  const image = recordAt(part.image_url, `${at}.image_url`);
  refuseOthers(image, ofImageUrl, `${at}.image_url.`);
  const where = `${at}.image_url.url`;
  const url = textAt(image.url, where);
  if (url.startsWith('https://')) return { type: 'image', source: { type: 'url', url } };
  const [, media, data] = imageData.exec(url) ?? [];
  if (data === undefined) throw new Untranslatable(where, 'an image must be JPEG, PNG, GIF or WebP, in Base64');
  return { type: 'image', source: { type: 'base64', media_type: media, data } };
}
