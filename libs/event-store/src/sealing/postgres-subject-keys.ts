import type { OpenSealed, SealedText } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { deriveWrappingKey, newSubjectKey, openText, sealText, unwrapKey, wrapKey } from './sealed-box.js';
import { sealedFieldsOf } from './sealed-fields.js';
import { SealKeyMismatch, SubjectKeys } from './subject-keys.js';

/** Longest text of one sealed field, UTF-8 bytes. */
export const SEALED_TEXT_BYTES_MAX = 16 * 1024;

/** Stands for a NUL, which no table can keep: what was sealed once is opened for ever, and must stop no read model. */
const REPLACEMENT = '\ufffd';

/** Subjects that one query looks at. */
const SUBJECTS_AT_ONCE = 1_000;

type Row = { subject_id: string; wrapped: Buffer };

/** Keys in the table `subject_keys`. None is cached: an erasure elsewhere must end them here, too. */
export class PostgresSubjectKeys extends SubjectKeys {
  private readonly wrapping: Buffer;

  constructor(
    private readonly em: EntityManager,
    sealKey: Uint8Array,
  ) {
    super();
    this.wrapping = deriveWrappingKey(sealKey);
  }

  override async seal(subjectId: string, text: string): Promise<SealedText> {
    if (Buffer.byteLength(text) > SEALED_TEXT_BYTES_MAX) throw new RangeError('The text is too long to be sealed.');
    const key = (await this.keysOf([subjectId])).get(subjectId) ?? (await this.create(subjectId));
    return { subjectId, box: sealText(key, subjectId, text) };
  }

  override async open(sealed: SealedText): Promise<string | undefined> {
    return (await this.openAll([sealed]))(sealed);
  }

  /** `em`: of the transaction, where one is open, so that it needs no second connection. */
  override async openAll(values: readonly unknown[], em = this.em): Promise<OpenSealed> {
    const fields = sealedFieldsOf(values);
    const keys = await this.keysOf([...new Set(fields.map(({ subjectId }) => subjectId))], em);
    return ({ subjectId, box }) => {
      const key = keys.get(subjectId);
      return key && openText(key, subjectId, box)?.replaceAll('\0', REPLACEMENT);
    };
  }

  override async erase(...subjectIds: readonly string[]): Promise<void> {
    await sql`delete from subject_keys where subject_id = any(${[...subjectIds]})`.execute(this.em.getKysely());
  }

  override async eraseThose(isErased: (subjectId: string) => boolean): Promise<readonly string[]> {
    const erased: string[] = [];
    for (let after = ''; ;) {
      const { rows } = await sql<Pick<Row, 'subject_id'>>`select subject_id from subject_keys
        where subject_id > ${after} order by subject_id limit ${SUBJECTS_AT_ONCE}`.execute(this.em.getKysely());
      const those = rows.map(({ subject_id: id }) => id).filter((id) => isErased(id));
      if (those.length > 0) await this.erase(...those);
      erased.push(...those);
      if (rows.length < SUBJECTS_AT_ONCE) return erased;
      after = rows.at(-1)?.subject_id ?? '';
    }
  }

  private async create(subjectId: string): Promise<Buffer> {
    const wrapped = wrapKey(this.wrapping, subjectId, newSubjectKey());
    await sql`insert into subject_keys (subject_id, wrapped) values (${subjectId}, ${wrapped})
      on conflict do nothing`.execute(this.em.getKysely());
    // Somebody else may have made it in the meantime: what the table holds is the key.
    const key = (await this.keysOf([subjectId])).get(subjectId);
    if (!key) throw new Error('The key of the subject was erased while it was made.');
    return key;
  }

  private async keysOf(subjectIds: readonly string[], em = this.em): Promise<ReadonlyMap<string, Buffer>> {
    const keys = new Map<string, Buffer>();
    if (subjectIds.length === 0) return keys;
    const { rows } = await sql<Row>`select subject_id, wrapped from subject_keys
      where subject_id = any(${[...subjectIds]})`.execute(em.getKysely());
    for (const { subject_id, wrapped } of rows) {
      const key = unwrapKey(this.wrapping, subject_id, wrapped);
      if (!key) throw new SealKeyMismatch();
      keys.set(subject_id, key);
    }
    return keys;
  }
}
