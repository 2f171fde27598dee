import type { IdentityNews } from '#libs/access';
import type { StateNews, ToThread } from './thread-messages.js';

/** What a message takes beside its contents, bytes: rather more than less. */
const MESSAGE_BYTES = 256;
/**
 * What may wait for a thread, bytes, beside the message that came last: some minutes of a log that is read from its
 * beginning. A thread that leaves more than that does not take anything any more.
 */
const WAITING_BYTES_MAX = 512 * 1024 * 1024;

/**
 * How much was sent to a thread that it has not taken yet. The thread counts what it takes in memory that both share, so
 * no message says so. Both numbers go round at 2^32; what lies between them never comes near that.
 */
export class UntakenBytes {
  /** Given to the thread, which makes one of its own of it. */
  readonly memory: SharedArrayBuffer;
  private readonly taken: Int32Array;
  private sent = 0;

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.taken = new Int32Array(memory);
  }

  /** For the sender, before each message: false where too much waits already, and this one must not be added to it. */
  send(message: ToThread): boolean {
    if (this.waiting > WAITING_BYTES_MAX) return false;
    this.sent = (this.sent + sizeOf(message)) | 0;
    return true;
  }

  /** For the thread, with each message that it takes. */
  take(message: ToThread): void {
    Atomics.add(this.taken, 0, sizeOf(message));
  }

  /** Bytes that were sent and not taken. */
  get waiting(): number {
    return (this.sent - Atomics.load(this.taken, 0)) >>> 0;
  }
}

/** The same on both sides. Shared memory counts nothing: no message holds a copy of it. */
function sizeOf(message: ToThread): number {
  if ('state' in message) return MESSAGE_BYTES + stateSize(message.state);
  return MESSAGE_BYTES + ('forwarded' in message ? message.answer.body.length : 0);
}

function stateSize(state: StateNews): number {
  if (state.view === 'identity') return identitySize(state.news);
  if (state.view === 'policySnapshot') return state.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return state.key.length + (state.value?.length ?? 0);
}

function identitySize(news: IdentityNews): number {
  switch (news.of) {
    case 'snapshot':
      return news.bytes.length;
    case 'record':
      return news.key.length + (news.value?.length ?? 0);
    case 'place':
      return news.key.length;
    case 'number':
      return news.id.length;
    case 'credentials':
      return news.news.kind === 'extras' ? news.news.terms.length : 0;
  }
}
