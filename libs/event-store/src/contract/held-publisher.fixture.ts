// A publisher in a process of its own, to be killed and paused by specs. It talks with them by messages.
import { Bus, KafkaBus, type OutgoingRecord } from '#libs/bus';
import { openEventStore, type EventStoreOptions } from '../open-event-store.js';
import { keyAggregate } from './key-aggregate.fixture.js';

/** What the spec tells the process at its start. */
export type PublisherOrders = Omit<EventStoreOptions, 'aggregates' | 'readModels' | 'migrations'> & {
  readonly brokers: string[];
  /** `hang-after-send`: the first batch with events is acknowledged, and nothing happens after that. */
  readonly mode: 'hang-after-send' | 'obedient';
};
/** Spec to process: stop before the next batch with events; go on. */
export type Order = 'hold' | 'continue';
/** Process to spec. */
export type Report = 'active' | 'sent' | 'holding' | 'late-batch-sent';

const { brokers, mode, ...options } = JSON.parse(process.argv[2] ?? '{}') as PublisherOrders;
const report = (what: Report) => process.send?.(what);
const kafka = new KafkaBus({ brokers, clientId: 'held-publisher' });
let hold = false;
let goOn: (() => void) | undefined;
process.on('message', (order: Order) => {
  if (order === 'hold') hold = true;
  else goOn?.();
});

async function publish(records: readonly OutgoingRecord[]) {
  const withEvents = records.some(({ topic }) => topic.endsWith('.events.v1'));
  const held = withEvents && hold;
  if (held) {
    hold = false;
    const told = new Promise<void>((resolve) => (goOn = resolve));
    report('holding');
    await told;
  }
  const ranges = await kafka.publish(records);
  if (held) report('late-batch-sent');
  if (withEvents && mode === 'hang-after-send') {
    report('sent');
    await new Promise(() => undefined);
  }
  return ranges;
}

/** The real bus, but for the moment of sending. */
const bus: Bus = new Proxy(kafka, {
  get: (target, name) => {
    if (name === 'publish') return publish;
    const member: unknown = Reflect.get(target, name);
    return typeof member === 'function' ? member.bind(target) : member;
  },
});

const store = await openEventStore({ ...options, aggregates: [keyAggregate(`${options.service}.state.v1`)] }, bus);
await store.start();
const looking = setInterval(() => {
  if (store.publication.status().role !== 'active') return;
  clearInterval(looking);
  report('active');
}, 20);
// An orphan must not go on publishing.
process.on('disconnect', () => process.exit(1));
