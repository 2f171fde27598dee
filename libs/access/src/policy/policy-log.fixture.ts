import { documentKey, type DocumentKind } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import * as fc from 'fast-check';
import { Publisher, role } from './policy.fixture.js';

export type LogRecord = readonly [key: string, value: object | string | null];

/** What a tenant's set was at each revision: role → what it reaches. Revision 0 is none. */
export type History = readonly Readonly<Record<string, string>>[];

const NAMES = ['a', 'b', 'c', 'd'];

/** One revision of one of two tenants: what it puts and what it deletes, and whether versions long superseded are tombstoned. */
const revision = fc.record({
  tenant: fc.constantFrom('acme', 'globex'),
  puts: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
  deletes: fc.option(fc.constantFrom(...NAMES), { nil: undefined, freq: 4 }),
  isSwept: fc.boolean(),
});

/** `policy.state.v1` after some revisions of two tenants, in order, and what was current when. */
export const logs = fc.array(revision, { minLength: 2, maxLength: 9 }).map((revisions) => {
  const publishers = { acme: new Publisher('acme'), globex: new Publisher('globex') };
  const histories: Record<string, Record<string, string>[]> = { acme: [{}], globex: [{}] };
  const versions = new Map<string, number[]>();
  const records: LogRecord[] = [];
  for (const { tenant, puts, deletes, isSwept } of revisions) {
    const history = histories[tenant] ?? [];
    const number = history.length;
    const before = history[number - 1] ?? {};
    const gone =
      deletes !== undefined && before[deletes] !== undefined && !puts.includes(deletes) ? deletes : undefined;
    const set = { ...before, ...Object.fromEntries(puts.map((name) => [name, `model:r${number}/*`])) };
    if (gone !== undefined) delete set[gone];
    history.push(set);
    const documents = puts.map((name) => role(name, `model:r${number}/*`, tenant));
    records.push(...publishers[tenant].apply(documents, gone === undefined ? [] : [`Role/${gone}`]));
    for (const name of [...puts, ...(gone === undefined ? [] : [gone])]) {
      const id = `${tenant}/${name}`;
      versions.set(id, [...(versions.get(id) ?? []), number]);
      if (isSwept) records.push(...tombstones(tenant, name, versions.get(id) ?? []));
    }
  }
  return { records, histories: histories as Record<'acme' | 'globex', History> };
});

/** Of a version whose successor is in force there is no need any more. */
function tombstones(tenant: string, name: string, numbers: readonly number[]): LogRecord[] {
  return numbers.slice(0, -1).map((number) => [documentKey(tenant, 'Role' as DocumentKind, name, number), null]);
}

/**
 * The log as Kafka may have cleaned it up to an offset: of each key the last record before that offset stays, any earlier
 * one may be gone already, and a tombstone that is the last may be gone as well.
 */
export function compacted(records: readonly LogRecord[], upTo: number, chance: () => boolean): readonly LogRecord[] {
  const last = new Map(records.slice(0, upTo).map(([key], offset) => [key, offset]));
  return records.filter(([key, value], offset) => {
    if (offset >= upTo) return true;
    return last.get(key) === offset && value !== null ? true : chance();
  });
}

/** What a snapshot's roles reach, to be compared with a history. */
export function reached(snapshot: TenantSnapshot): Readonly<Record<string, string>> {
  return Object.fromEntries(
    snapshot.documentsOf('Role').map(({ metadata, spec }) => [metadata.name, spec.statements[0]?.resources?.[0] ?? '']),
  );
}
