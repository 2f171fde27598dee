import { createHmac, timingSafeEqual } from 'node:crypto';

/** Ties a form to the interaction that it was made for: whoever makes a browser send one elsewhere does not have it. */
export class FormTokens {
  /** @param key 32 bytes of its own. */
  constructor(private readonly key: Uint8Array) {}

  make(interactionId: string): string {
    return createHmac('sha256', this.key).update(interactionId).digest('base64url');
  }

  matches(interactionId: string, given: unknown): boolean {
    if (typeof given !== 'string') return false;
    const [made, sent] = [Buffer.from(this.make(interactionId)), Buffer.from(given)];
    return made.length === sent.length && timingSafeEqual(made, sent);
  }
}
