import type { EventStoreModuleOptions } from '#libs/event-store';

type Adopt = NonNullable<EventStoreModuleOptions['adopt']>;
type Standing = { status?: unknown; epoch?: unknown };

const rank = ['active', 'suspended', 'revoked', 'deleted'];
const rankOf = ({ status }: Standing) => rank.indexOf(String(status));
const epochOf = ({ epoch }: Standing) => (typeof epoch === 'number' ? epoch : 0);

/** After a restore of the tables: what the topic knows to be revoked, suspended or deleted stays so. */
export const narrower: Adopt = ({ record }, held) => {
  if (record === null || held === undefined) return undefined;
  const ended = rankOf(record) > rankOf(held) || epochOf(record) > epochOf(held);
  return ended ? record : undefined;
};
