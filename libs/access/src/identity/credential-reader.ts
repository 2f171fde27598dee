import type { KeyKind } from '#libs/contracts';
import type { CredentialNews, CredentialShare, TellNews } from './credential-news.js';
import { CredentialSlots } from './credential-slots.js';
import { KeyExtras } from './key-extras.js';
import { KeyIndex } from './key-index.js';
import type { KeyTerms, RareTerms } from './key-terms.js';

/** Slot states. `unreadable`: the record of that key could not be read, so the key is denied. */
export const credentialStatus = { none: 0, active: 1, suspended: 2, revoked: 3, unreadable: 4 } as const;
export const keyKinds: readonly KeyKind[] = ['pat', 'vak', 'svc'];

/** One record as it stood, whole; its secrets are not in it. */
export type Credential = {
  readonly slot: number;
  /** The record is this one for as long as the slot has this number. */
  readonly sequence: number;
  readonly keyId: string;
  /** Of {@link credentialStatus}. */
  readonly status: number;
  readonly kind: KeyKind;
  readonly pepperVersion: number;
  /** Ms since 1970; Infinity for never. */
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
  /** Numbers of the directory. */
  readonly owner: number;
  readonly tenant: number;
  readonly ownerEpoch: number;
  /** Undefined where no record of the key could ever be read. */
  readonly terms: KeyTerms | undefined;
  readonly rare: RareTerms | undefined;
};

/**
 * Every credential by its key's id, as any thread may read it while one of them writes. What was learned of a slot holds
 * for as long as `sequence` answers the same number.
 */
export class CredentialReader {
  protected readonly slots: CredentialSlots;
  protected readonly index: KeyIndex;
  protected readonly extras: KeyExtras;

  /**
   * Of a `share` it reads what another thread writes; `catchUp` takes in, at once, every news of it that was told so far.
   * `tell` is for the one that writes.
   */
  constructor({ share, catchUp = () => {}, tell = () => {} }: Connection = {}) {
    this.slots = new CredentialSlots(tell, catchUp);
    this.index = new KeyIndex(this.slots, tell, catchUp, share);
    this.extras = new KeyExtras(tell);
    this.catchUp = catchUp;
    for (const page of share?.pages ?? []) this.slots.adopt(page);
    for (const [number, terms, rare] of share?.extras ?? []) this.extras.adopt(number, terms, rare);
  }

  private readonly catchUp: () => void;

  /** Slot of the id that stands in `text` from `at` on; -1 if there is none. It may be another's by the time of `read`. */
  find(text: string, at = 0): number {
    return this.index.find(text, at);
  }

  /** Another number once the slot holds another record. */
  sequence(slot: number): number {
    return this.slots.sequence(slot);
  }

  /** The whole record; undefined where the slot is not (any more) that of the id in `text`. */
  read(slot: number, text: string, at = 0): Credential | undefined {
    // Each further round means that the writer has finished a record meanwhile.
    for (;;) {
      const sequence = this.slots.settled(slot);
      const read = this.slots.hasId(slot, text, at) ? this.recordAt(slot, sequence) : undefined;
      if (this.slots.sequence(slot) === sequence) return read;
    }
  }

  /** As `read`, whosever the slot is; undefined for one that is nobody's. */
  readAny(slot: number): Credential | undefined {
    for (;;) {
      const sequence = this.slots.settled(slot);
      const read = this.recordAt(slot, sequence);
      if (this.slots.sequence(slot) === sequence) return read.status === credentialStatus.none ? undefined : read;
    }
  }

  /** The MAC of the current secret, as it stands now: whoever needs it to be that of a record looks at `sequence`. */
  mac(slot: number): Buffer {
    return this.slots.mac(slot);
  }

  /** See `CredentialSlots`. */
  isProven(slot: number, digest: string): boolean {
    return this.slots.isProven(slot, digest);
  }

  setProven(slot: number, digest: string, mac: Buffer): void {
    this.slots.setProven(slot, digest, mac);
  }

  usedMs(slot: number): number {
    return this.slots.usedMs(slot);
  }

  noteUse(slot: number, atMs: number): void {
    this.slots.noteUse(slot, atMs);
  }

  /** Takes in what the writer has told, in its order. */
  take(news: CredentialNews): void {
    switch (news.kind) {
      case 'page':
        return this.slots.adopt(news.page);
      case 'cells':
        return this.index.adopt(news.cells, news.number);
      case 'extras':
        return this.extras.adopt(news.number, news.terms, news.rare);
      case 'released':
        return this.extras.forget(news.number);
    }
  }

  /** What stands in the slot, perhaps of two records: the caller compares `sequence` before and after. */
  private recordAt(slot: number, sequence: number): Credential {
    const { slots } = this;
    const { status, kind, pepperVersion } = slots.state(slot);
    const number = slots.word(slot, 'extras');
    const extras = number === 0 ? undefined : this.extrasOf(number);
    // Without its terms nothing limits a key. Of a whole record they are known, so this one will be read again.
    const isWhole = number === 0 || extras !== undefined;
    return {
      slot,
      sequence,
      keyId: slots.id(slot),
      status: isWhole ? status : credentialStatus.unreadable,
      kind: keyKinds[kind] ?? 'pat',
      pepperVersion,
      expiresAtMs: slots.double(slot, 'expiresAtMs'),
      issuedAtMs: slots.double(slot, 'issuedAtMs'),
      owner: slots.word(slot, 'owner'),
      tenant: slots.word(slot, 'tenant'),
      ownerEpoch: slots.word(slot, 'ownerEpoch'),
      terms: extras?.terms,
      rare: extras?.rare,
    };
  }

  private extrasOf(number: number) {
    const known = this.extras.find(number);
    if (known) return known;
    this.catchUp();
    return this.extras.find(number);
  }
}

type Connection = {
  readonly share?: CredentialShare;
  readonly catchUp?: () => void;
  readonly tell?: TellNews;
};
