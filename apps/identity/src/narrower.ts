import type { EventStoreModuleOptions } from '#libs/event-store';

type Adopt = NonNullable<EventStoreModuleOptions['adopt']>;
type Standing = { status?: unknown; epoch?: unknown; notBefore?: unknown };

const rank = ['active', 'suspended', 'disabled', 'revoked', 'deleted', 'withdrawn'];
const rankOf = ({ status }: Standing) => rank.indexOf(String(status));
const epochOf = ({ epoch }: Standing) => (typeof epoch === 'number' ? epoch : 0);
const momentOf = (moment: unknown) => (typeof moment === 'string' ? moment : '');

/**
 * After a restore of the tables: what the topic knows to be revoked, suspended, disabled or deleted stays so, and so does
 * the moment until which nothing issued is accepted.
 */
export const narrower: Adopt = ({ key, record }, held) => {
  if (record === null) return undefined;
  if (key.startsWith('revocation/')) return isLater('at', record, held) ? record : undefined;
  if (held === undefined) return undefined;
  if (rankOf(record) > rankOf(held) || epochOf(record) > epochOf(held)) return record;
  // A key's own `notBefore` is when it begins; those of issuers and clients end what was before.
  const bounds = key.startsWith('issuer/') || key.startsWith('client/');
  return bounds && isLater('notBefore', record, held)
    ? { ...held, notBefore: (record as Standing).notBefore }
    : undefined;
};

function isLater(member: string, found: object, held: object | undefined): boolean {
  const read = (record: object) => momentOf((record as Record<string, unknown>)[member]);
  return read(found) > (held ? read(held) : '');
}
