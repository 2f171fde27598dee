import { chainEvents, type ChainEvent } from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import { chainDecider, type ChainState, type PublishCheckpoint } from './chain.decider.js';

/** Events after which the state of a stream is kept beside it. */
const SNAPSHOT_EVERY_EVENTS = 24;
/** The stream of rows without a tenant: no tenant's name has such a sign. */
const NOBODY = '~';

/** One stream per tenant; its n-th event is checkpoint n. */
export const chainAggregate: Aggregate<ChainState, PublishCheckpoint, ChainEvent> = {
  name: 'audit.chain',
  decider: chainDecider,
  events: chainEvents,
  states: [],
  snapshots: {
    name: 'chain-state-v2',
    everyEvents: SNAPSHOT_EVERY_EVENTS,
    write: ({ last, ends, written }) => ({ last: last ?? null, ends, written }),
    read: (written) => {
      const { last, ...state } = written as Omit<ChainState, 'last'> & { last: ChainState['last'] | null };
      return { last: last ?? undefined, ...state };
    },
  },
};

/** Also the name of the tenant's folder of checkpoints. */
export const chainId = (tenantId: string) => tenantId || NOBODY;
