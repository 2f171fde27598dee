import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { KeySeal } from './key-seal.js';
import { isNextDue, PUBLISHED_AHEAD_SECONDS, publishedUntil, type KeyTimes } from './key-times.js';

export type SigningKey = KeyTimes & {
  readonly createdAtMs: number;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** With its private members. */
  readonly privateJwk: Readonly<Record<string, unknown>>;
};
/** `scheduled`: only if it is due. `soon`: now, to sign once everybody knows it. `compromised`: in place of all there are. */
export type Rotation = 'scheduled' | 'soon' | 'compromised';

type Row = {
  kid: string;
  public_jwk: Record<string, unknown>;
  sealed: string;
  created_at: Date;
  signs_from: Date;
  published_until: Date | null;
};

/** Chosen freely; held while keys are looked through and made, so that replicas make one between them. */
const LOCK = 7_423_116;
/** Keys that may be published at once: whoever rotates faster waits for the oldest to go. */
export const PUBLISHED_KEYS_MAX = 8;

/** The keys as they stand in PostgreSQL. */
@Injectable()
export class SigningKeyTable {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(KeySeal) private readonly seal: KeySeal,
  ) {}

  /** Makes the next key where the rotation asks for one, forgets those that verify nothing any more, and answers the rest. */
  async rotate(rotation: Rotation, nowMs: number): Promise<readonly SigningKey[]> {
    return this.em.fork().transactional(async (transaction) => {
      const tx = transaction as EntityManager;
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx.getKysely());
      await sql`delete from signing_keys_v1 where published_until <= ${iso(nowMs)}`.execute(tx.getKysely());
      const keys = await this.read(tx);
      if (!wanted(rotation, keys, nowMs)) return keys;
      const isFirst = keys.length === 0;
      const signsFromMs = isFirst || rotation === 'compromised' ? nowMs : nowMs + PUBLISHED_AHEAD_SECONDS * 1_000;
      const until = rotation === 'compromised' ? nowMs : publishedUntil(signsFromMs);
      await sql`update signing_keys_v1 set published_until = least(published_until, ${iso(until)}::timestamptz)`.execute(
        tx.getKysely(),
      );
      await this.insert(tx, nowMs, signsFromMs);
      await sql`delete from signing_keys_v1 where published_until <= ${iso(nowMs)}`.execute(tx.getKysely());
      return this.read(tx);
    });
  }

  private async read(tx: EntityManager): Promise<readonly SigningKey[]> {
    const { rows } = await sql<Row>`select * from signing_keys_v1 order by signs_from`.execute(tx.getKysely());
    return rows.map((row) => ({
      kid: row.kid,
      createdAtMs: new Date(row.created_at).getTime(),
      signsFromMs: new Date(row.signs_from).getTime(),
      publishedUntilMs: row.published_until && new Date(row.published_until).getTime(),
      publicJwk: row.public_jwk,
      privateJwk: this.seal.open(row.kid, row.sealed),
    }));
  }

  private async insert(tx: EntityManager, nowMs: number, signsFromMs: number): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const named = { kid, alg: 'ES256', use: 'sig' };
    const sealed = this.seal.seal(kid, { ...(await exportJWK(privateKey)), ...named });
    await sql`
      insert into signing_keys_v1 (kid, public_jwk, sealed, created_at, signs_from)
      values (${kid}, ${JSON.stringify({ ...publicJwk, ...named })}::jsonb, ${sealed}, ${iso(nowMs)}, ${iso(signsFromMs)})
    `.execute(tx.getKysely());
  }
}

const iso = (ms: number) => new Date(ms).toISOString();

function wanted(rotation: Rotation, keys: readonly SigningKey[], nowMs: number): boolean {
  if (keys.length === 0 || rotation === 'compromised') return true;
  if (keys.length >= PUBLISHED_KEYS_MAX || keys.some(({ signsFromMs }) => signsFromMs > nowMs)) return false;
  return rotation === 'soon' || isNextDue(keys, nowMs);
}
