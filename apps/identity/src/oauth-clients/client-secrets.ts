import { isClientSecretText, mintClientSecret, Peppers } from '#libs/access';
import { Injectable } from '@nestjs/common';
import { secretOf } from '../api-keys/key-issue.js';
import type { OAuthClientRow } from './client-list.projection.js';

/** What is in the answer once, and what is kept of it. */
export type NewSecret = {
  readonly text: string;
  readonly kept: { mac: string; pepperVersion: number; redacted: string };
};

/** Secrets of clients, kept as keys are: as a MAC under the pepper. The two forms of text can never be one another. */
@Injectable()
export class ClientSecrets {
  constructor(private readonly peppers: Peppers) {}

  mint(clientId: string): NewSecret {
    const { text, redacted } = mintClientSecret(clientId);
    return { text, kept: { ...secretOf(this.peppers, text), redacted } };
  }

  /** Whether the text is one of the client's live secrets at that moment; as much work for a wrong one as for a right one. */
  matches(
    { id, status, secrets }: Pick<OAuthClientRow, 'id' | 'status' | 'secrets'>,
    text: string,
    nowIso: string,
  ): boolean {
    if (status !== 'active' || !isClientSecretText(text, id)) return false;
    const live = secrets.filter(({ until }) => until === null || until > nowIso);
    const matching = live.filter(({ mac, pepperVersion }) =>
      this.peppers.matches(text, pepperVersion, Buffer.from(mac, 'base64url')),
    );
    return matching.length > 0;
  }
}
