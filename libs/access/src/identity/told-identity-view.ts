import type { Place } from '#libs/bus';
import { splitStateKey } from '#libs/contracts';
import type { StateChunk } from '../feed/state-chunk.js';
import type { CredentialShare } from './credential-news.js';
import { CredentialTable } from './credential-table.js';
import { Directory } from './directory.js';
import type { IdentityNews } from './identity-news.js';
import { IdentityView } from './identity-view.js';

/**
 * A view that tells what it applies, for those on other threads that follow it. Credentials are not told: they are in
 * memory that all share.
 */
export class ToldIdentityView extends IdentityView {
  /** What followers begin to read with, while the view is empty. */
  readonly share: CredentialShare;

  constructor(
    nowMs: () => number,
    private readonly tell: (news: IdentityNews) => void,
  ) {
    const table = new CredentialTable();
    super(nowMs, new Directory((what, id) => tell({ of: 'number', what, id })), table);
    this.share = table.share((news) => tell({ of: 'credentials', news })).share;
  }

  override set(key: string, place: Place, gone: boolean): void {
    super.set(key, place, gone);
    if (!isShared(key)) this.tell({ of: 'place', key, place, gone });
  }

  override apply(key: string, value: Buffer | null): void {
    super.apply(key, value);
    if (!isShared(key)) this.tell({ of: 'record', key, value: value && Uint8Array.from(value) });
  }

  override import(chunks: readonly StateChunk[]): void {
    super.import(chunks);
    const bytes = chunks.find(({ name }) => name === 'identity')?.bytes;
    if (bytes) this.tell({ of: 'snapshot', bytes: Uint8Array.from(bytes) });
  }
}

const isShared = (key: string) => splitStateKey(key)[0] === 'credential';
