import { openBox, sealBox } from '#libs/access';
import { createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto';

const CONTENT = 'gatehouse/identity/oauth-content/v1';
const SUCCESSOR = 'gatehouse/identity/oauth-successor/v1';

/** How a presented text is found: SHA-256, base64url. The texts are random, 256 bits, so nobody guesses one. */
export const digestOf = (presented: string) => hash('sha256', presented, 'base64url');

/** Seals what belongs to a presented text under a key that is derived from the text itself (HKDF-SHA-256). */
export function sealContent(kind: string, presented: string, content: object): string {
  return sealBox(keyOf(CONTENT, presented), Buffer.from(JSON.stringify(content)), kind);
}

/** Throws when the text is not the one that it was sealed under. */
export function openContent(kind: string, presented: string, sealed: string): Record<string, unknown> {
  return JSON.parse(openBox(keyOf(CONTENT, presented), sealed, kind).toString()) as Record<string, unknown>;
}

/** The text that took over from a presented one, for whoever presents that once more. */
export const sealSuccessor = (presented: string, successor: string) =>
  sealBox(keyOf(SUCCESSOR, presented), Buffer.from(successor), digestOf(presented));
export const openSuccessor = (presented: string, sealed: string) =>
  openBox(keyOf(SUCCESSOR, presented), sealed, digestOf(presented)).toString();

function keyOf(purpose: string, presented: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', presented, '', purpose, 32)));
}
