import { expect, it } from 'vitest';
import { mintKeyText, mintRotatedText } from '../keys/key-text.js';
import type { KnownCaller } from './caller-memory.js';
import { RecentTexts } from './recent-texts.js';

const callerOf = (slot: number) => ({ slot }) as KnownCaller;

function kept(text: string, recent = new RecentTexts(1), slot = 1): RecentTexts {
  expect(recent.find(text)).toBeUndefined();
  recent.keep(callerOf(slot));
  expect(recent.find(text)?.slot).toBe(slot);
  return recent;
}

it('knows a text by all of it: no other with one character more, less or other is taken for it', () => {
  const { text } = mintKeyText('pat', 'p');
  // One place: whatever is asked for is compared with this text.
  const recent = kept(text);
  for (let at = 0; at < text.length; at += 1) {
    for (let code = 0; code < 128; code += 1) {
      const other = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
      expect(recent.find(other)?.slot).toBe(other === text ? 1 : undefined);
    }
  }
  for (const other of ['', text.slice(1), `${text}0`, text.repeat(2)]) expect(recent.find(other)).toBeUndefined();
});

it('takes no text for another whose characters differ beyond ASCII, or are in another order', () => {
  const { text, keyId } = mintKeyText('pat', 'p');
  const recent = kept(text);
  for (let at = 0; at < text.length; at += 1) {
    for (const beyond of [0x80, 0x100, 0x4000, 0x8000]) {
      const code = text.charCodeAt(at) | beyond;
      expect(recent.find(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1))).toBeUndefined();
    }
  }
  expect(recent.find([...text].toReversed().join(''))).toBeUndefined();
  for (let n = 0; n < 1_000; n += 1) expect(recent.find(mintRotatedText('pat', 'p', keyId).text)).toBeUndefined();
});

it('keeps the text that came last in a place, and forgets the one before', () => {
  const [one, other] = [mintKeyText('pat', 'p').text, mintKeyText('vak', 'd').text];
  const recent = kept(one);
  kept(other, recent, 2);
  expect(recent.find(one)).toBeUndefined();
});

it('holds nearly as many texts as it has places', () => {
  const recent = new RecentTexts(1_000);
  const texts = Array.from({ length: 1_000 }, () => mintKeyText('pat', 'p').text);
  for (const [slot, text] of texts.entries()) kept(text, recent, slot);
  // 1,024 places and as many throws: some 63 % of the places are taken, whatever the factors.
  const found = texts.filter((text, slot) => recent.find(text)?.slot === slot);
  expect(found.length).toBeGreaterThan(500);
});
