import type { Place } from '#libs/bus';
import type { CredentialRecord, KeyKind } from '#libs/contracts';
import { compileRestrictions, type CompiledRestrictions } from '#libs/decision-engine';
import { CredentialSlots, MAC_BYTES } from './credential-slots.js';
import { Interned } from './interned.js';
import { KeyIndex } from './key-index.js';
import { LastUses, type LastUsesState } from './last-uses.js';

/** What many keys have in common: held once, compiled once. */
export type KeyTerms = {
  readonly restrictions: CredentialRecord['restrictions'];
  readonly labels: CredentialRecord['labels'];
  readonly compiled: CompiledRestrictions | undefined;
};
/** What few keys have. */
export type RareTerms = {
  readonly notBeforeMs: number | null;
  readonly rotatedAt: string | null;
  /** The secret of before a rotation; `untilMs` ends its overlap. */
  readonly former: FormerSecret | null;
  readonly rotationFailing?: CredentialRecord['rotationFailing'];
};
export type FormerSecret = {
  readonly mac: string;
  readonly pepperVersion: number;
  readonly untilMs: number;
  /** SHA-256 (Latin-1) of a text that was proved to be this secret; never leaves the process. */
  proven?: string;
};

/** Slot states. `unreadable`: the record of that key could not be read, so the key is denied. */
export const credentialStatus = { none: 0, active: 1, suspended: 2, revoked: 3, unreadable: 4 } as const;
const kinds: readonly KeyKind[] = ['pat', 'vak', 'svc'];

export type CredentialTableState = {
  readonly pages: readonly Buffer[];
  readonly used: number;
  readonly free: readonly number[];
  readonly terms: ReturnType<Interned<KeyTerms>['export']>;
  readonly rare: readonly (readonly [slot: number, RareTerms])[];
  readonly uses: LastUsesState;
};

/** Every credential by its key's id, in about 130 bytes off the heap each. A slot's number is valid until it is removed. */
export class CredentialTable {
  readonly slots = new CredentialSlots();
  readonly uses = new LastUses();
  private readonly index = new KeyIndex(this.slots);
  private readonly terms = new Interned<KeyTerms>(readTerms);
  private readonly rare = new Map<number, RareTerms>();
  private live = 0;

  get size(): number {
    return this.live;
  }

  /** Slot of the id that stands in `text` from `at` on; -1 if there is none. */
  find(text: string, at = 0): number {
    return this.index.find(text, at);
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
    const slot = this.find(keyId) < 0 ? this.add(keyId) : this.find(keyId);
    this.slots.setDouble(slot, 'offset', Number(place.offset));
    this.slots.setWord(slot, 'generation', place.generation);
    this.slots.setWord(slot, 'epoch', place.epoch);
    this.slots.setDouble(slot, 'position', place.position);
  }

  /** `owner` and `tenant` are numbers of the directory. Throws a RangeError for a MAC that is none. */
  put(slot: number, record: CredentialRecord, owner: number, tenant: number): void {
    const { slots } = this;
    const [current, former] = record.secrets.map((secret) => ({ ...secret, bytes: macBytes(secret.mac) }));
    if (!current) throw new RangeError('A credential needs a secret.');
    this.forget(slot);
    slots.setStatus(slot, credentialStatus[record.status]);
    slots.setKind(slot, kinds.indexOf(record.kind));
    slots.setSecret(slot, current.bytes, current.pepperVersion);
    slots.setDouble(slot, 'expiresAtMs', millis(record.expiresAt, Number.POSITIVE_INFINITY));
    slots.setDouble(slot, 'issuedAtMs', Date.parse(record.issuedAt));
    slots.setWord(slot, 'owner', owner);
    slots.setWord(slot, 'ownerEpoch', record.ownerEpoch);
    slots.setWord(slot, 'tenant', tenant);
    if (record.lastUsedAt) this.uses.note(slot, Date.parse(record.lastUsedAt));
    const { restrictions, labels } = record;
    slots.setWord(slot, 'extras', 1 + this.terms.hold(JSON.stringify({ restrictions, labels })));
    const { rotationFailing } = record;
    if (!former && record.notBefore === null && record.rotatedAt === null && !rotationFailing) return;
    this.rare.set(slot, {
      notBeforeMs: record.notBefore === null ? null : Date.parse(record.notBefore),
      rotatedAt: record.rotatedAt,
      former: former
        ? { mac: former.mac, pepperVersion: former.pepperVersion, untilMs: millis(former.until, 0) }
        : null,
      ...(rotationFailing && { rotationFailing }),
    });
  }

  deny(slot: number): void {
    this.slots.setStatus(slot, credentialStatus.unreadable);
  }

  remove(keyId: string): void {
    const slot = this.find(keyId);
    if (slot < 0) return;
    this.forget(slot);
    this.uses.forget(slot);
    this.index.remove(slot);
    this.slots.release(slot);
    this.live -= 1;
  }

  keyKind(slot: number): KeyKind {
    return kinds[this.slots.kind(slot)] ?? 'pat';
  }

  termsOf(slot: number): KeyTerms | undefined {
    return this.terms.value(this.slots.word(slot, 'extras') - 1);
  }

  rareOf(slot: number): RareTerms | undefined {
    return this.rare.get(slot);
  }

  export(): CredentialTableState {
    return { ...this.slots.export(), terms: this.terms.export(), rare: this.exportRare(), uses: this.uses.export() };
  }

  /** Into an empty table. */
  import(state: CredentialTableState): void {
    this.slots.import(state);
    this.terms.import(state.terms);
    this.uses.import(state.uses);
    for (const [slot, rare] of state.rare) this.rare.set(slot, rare);
    const free = new Set(state.free);
    for (let slot = 0; slot < state.used; slot += 1) {
      if (free.has(slot)) continue;
      this.index.add(slot);
      this.live += 1;
    }
  }

  private exportRare(): (readonly [slot: number, RareTerms])[] {
    return Array.from(this.rare, ([slot, { former, ...rare }]) => {
      const { proven: _, ...secret } = former ?? { proven: undefined };
      return [slot, { ...rare, former: former ? (secret as FormerSecret) : null }] as const;
    });
  }

  private add(keyId: string): number {
    const slot = this.slots.take(keyId);
    this.slots.setStatus(slot, credentialStatus.unreadable);
    this.index.add(slot);
    this.live += 1;
    return slot;
  }

  private forget(slot: number): void {
    const extras = this.slots.word(slot, 'extras');
    if (extras > 0) this.terms.release(extras - 1);
    this.slots.setWord(slot, 'extras', 0);
    this.rare.delete(slot);
  }
}

function readTerms(text: string): KeyTerms {
  const { restrictions, labels } = JSON.parse(text) as Pick<KeyTerms, 'restrictions' | 'labels'>;
  return Object.freeze({ restrictions, labels, compiled: compileRestrictions(restrictions) });
}

function macBytes(mac: string): Buffer {
  const bytes = Buffer.from(mac, 'base64url');
  if (bytes.length !== MAC_BYTES) throw new RangeError(`A MAC has ${MAC_BYTES} bytes.`);
  return bytes;
}

function millis(instant: string | null, absent: number): number {
  return instant === null ? absent : Date.parse(instant);
}
