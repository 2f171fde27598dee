import type { CredentialShare } from './credential-news.js';
import { CredentialReader } from './credential-reader.js';
import { Directory } from './directory.js';
import type { IdentityNews } from './identity-news.js';
import { importIdentity } from './identity-snapshot.js';
import { IdentityView } from './identity-view.js';

/** What another thread's {@link ToldIdentityView} holds, as far as this one has been told; credentials at once. */
export class FollowingIdentityView extends IdentityView {
  /** `catchUp` takes in, before it returns, everything that was told so far. */
  constructor(nowMs: () => number, share: CredentialShare, catchUp: () => void) {
    super(nowMs, new Directory(undefined, catchUp), new CredentialReader({ share, catchUp }));
  }

  take(news: IdentityNews): void {
    switch (news.of) {
      case 'credentials':
        return this.credentials.take(news.news);
      case 'number':
        return void this.directory[news.what](news.id);
      case 'place':
        return this.set(news.key, news.place, news.gone);
      case 'record':
        return this.apply(news.key, news.value && Buffer.from(news.value));
      case 'snapshot':
        return this.takeSnapshot(Buffer.from(news.bytes));
    }
  }

  private takeSnapshot(bytes: Buffer): void {
    this.noteChange();
    importIdentity(this, [{ name: 'identity', bytes }], undefined);
  }
}
