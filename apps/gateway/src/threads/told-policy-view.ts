import { PolicyView, type PolicyViewOptions, type StateChunk } from '#libs/access';
import type { StateNews } from './thread-messages.js';

/** A view of policies that tells what it applies, for those on other threads that follow it. */
export class ToldPolicyView extends PolicyView {
  constructor(
    options: PolicyViewOptions,
    private readonly tell: (news: StateNews) => void,
  ) {
    super(options);
  }

  override apply(key: string, value: Buffer | null): void {
    super.apply(key, value);
    this.tell({ view: 'policy', key, value: value && Uint8Array.from(value) });
  }

  override import(chunks: readonly StateChunk[]): void {
    super.import(chunks);
    const own = chunks.filter(({ name }) => name.startsWith('policy'));
    this.tell({
      view: 'policySnapshot',
      chunks: own.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) })),
    });
  }
}
