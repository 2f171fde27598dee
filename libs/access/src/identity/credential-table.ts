import type { Place } from '#libs/bus';
import type { CredentialRecord } from '#libs/contracts';
import type { CredentialNews, CredentialShare, TellNews } from './credential-news.js';
import { CredentialReader, credentialStatus, keyKinds } from './credential-reader.js';
import { MAC_BYTES } from './credential-slots.js';
import type { ExtrasState } from './key-extras.js';
import type { RareTerms } from './key-terms.js';

export type CredentialTableState = {
  readonly pages: readonly Buffer[];
  readonly used: number;
  readonly free: readonly number[];
  readonly extras: ExtrasState;
};

/**
 * Every credential by its key's id, in about 140 bytes off the heap each, and the one that writes them. A slot's number is
 * valid until it is removed.
 */
export class CredentialTable extends CredentialReader {
  private readonly listeners: Set<TellNews>;
  private live = 0;

  constructor() {
    const listeners = new Set<TellNews>();
    super({ tell: (news: CredentialNews) => listeners.forEach((tell) => tell(news)) });
    this.listeners = listeners;
  }

  get size(): number {
    return this.live;
  }

  /** Slots ever taken, released ones included. */
  get extent(): number {
    return this.slots.extent;
  }

  /**
   * What another thread needs to read along from this moment on; `tell` gets everything that it needs later, before
   * anything names it. Answers also how to end that.
   */
  share(tell: TellNews): { share: CredentialShare; end: () => void } {
    this.listeners.add(tell);
    const share = { pages: this.slots.shared(), ...this.index.shared(), extras: this.extras.shared() };
    return { share, end: () => void this.listeners.delete(tell) };
  }

  place(slot: number): Place {
    const { slots } = this;
    return {
      offset: BigInt(slots.double(slot, 'offset')),
      generation: slots.word(slot, 'generation'),
      epoch: slots.word(slot, 'epoch'),
      position: slots.double(slot, 'position'),
    };
  }

  /** Takes note of a record's place before its content; a new key is denied until it has some. */
  setPlace(keyId: string, place: Place): void {
    const found = this.find(keyId);
    const slot = found < 0 ? this.slots.take(keyId) : found;
    const { slots } = this;
    slots.change(slot, () => {
      if (found < 0) this.setStatus(slot, credentialStatus.unreadable);
      slots.setDouble(slot, 'offset', Number(place.offset));
      slots.setWord(slot, 'generation', place.generation);
      slots.setWord(slot, 'epoch', place.epoch);
      slots.setDouble(slot, 'position', place.position);
    });
    if (found >= 0) return;
    this.index.add(slot);
    this.live += 1;
  }

  /** `owner` and `tenant` are numbers of the directory. Throws a RangeError for a MAC that is none. */
  put(slot: number, record: CredentialRecord, owner: number, tenant: number): void {
    const { slots } = this;
    const [current, former] = record.secrets.map((secret) => ({ ...secret, bytes: macBytes(secret.mac) }));
    if (!current) throw new RangeError('A credential needs a secret.');
    const { restrictions, labels } = record;
    const before = slots.word(slot, 'extras');
    const extras = this.extras.hold(JSON.stringify({ restrictions, labels }), rareOf(record, former));
    slots.change(slot, () => {
      const kind = keyKinds.indexOf(record.kind);
      slots.setState(slot, { status: credentialStatus[record.status], kind, pepperVersion: current.pepperVersion });
      slots.setMac(slot, current.bytes);
      slots.setDouble(slot, 'expiresAtMs', millis(record.expiresAt, Number.POSITIVE_INFINITY));
      slots.setDouble(slot, 'issuedAtMs', Date.parse(record.issuedAt));
      slots.setWord(slot, 'owner', owner);
      slots.setWord(slot, 'ownerEpoch', record.ownerEpoch);
      slots.setWord(slot, 'tenant', tenant);
      slots.setWord(slot, 'extras', extras);
    });
    if (record.lastUsedAt) slots.noteUse(slot, Date.parse(record.lastUsedAt));
    // Not before the slot names it no more.
    if (before > 0) this.extras.release(before);
  }

  deny(slot: number): void {
    this.slots.change(slot, () => this.setStatus(slot, credentialStatus.unreadable));
  }

  remove(keyId: string): void {
    const slot = this.find(keyId);
    if (slot < 0) return;
    const extras = this.slots.word(slot, 'extras');
    this.index.remove(slot);
    this.slots.release(slot);
    if (extras > 0) this.extras.release(extras);
    this.live -= 1;
  }

  export(): CredentialTableState {
    return { ...this.slots.export(), extras: this.extras.export() };
  }

  /** Into an empty table. */
  import(state: CredentialTableState): void {
    this.slots.import(state);
    this.extras.import(state.extras);
    const free = new Set(state.free);
    this.index.reserve(state.used - free.size);
    for (let slot = 0; slot < state.used; slot += 1) {
      if (free.has(slot)) continue;
      this.index.add(slot);
      this.live += 1;
    }
  }

  private setStatus(slot: number, status: number): void {
    this.slots.setState(slot, { ...this.slots.state(slot), status });
  }
}

type Secret = CredentialRecord['secrets'][number];

function rareOf(record: CredentialRecord, former: Secret | undefined): RareTerms | undefined {
  const { rotationFailing, notBefore, rotatedAt } = record;
  if (!former && notBefore === null && rotatedAt === null && !rotationFailing) return undefined;
  return {
    notBeforeMs: notBefore === null ? null : Date.parse(notBefore),
    rotatedAt,
    former: former ? { mac: former.mac, pepperVersion: former.pepperVersion, untilMs: millis(former.until, 0) } : null,
    ...(rotationFailing && { rotationFailing }),
  };
}

function macBytes(mac: string): Buffer {
  const bytes = Buffer.from(mac, 'base64url');
  if (bytes.length !== MAC_BYTES) throw new RangeError(`A MAC has ${MAC_BYTES} bytes.`);
  return bytes;
}

function millis(instant: string | null, absent: number): number {
  return instant === null ? absent : Date.parse(instant);
}
