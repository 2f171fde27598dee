import { KafkaBus } from '#libs/bus';
import { freshName, testStack } from '#libs/testing';
import { afterAll } from 'vitest';

const buses: KafkaBus[] = [];
afterAll(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
});

/** The real Kafka; closed after the spec file. Import it before the store's fixture, which must close first. */
export function kafkaBus(): KafkaBus {
  const bus = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: freshName('event-store') });
  buses.push(bus);
  return bus;
}
