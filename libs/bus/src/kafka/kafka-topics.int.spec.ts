import { KafkaBus } from '#libs/bus';
import { freshName, testStack } from '#libs/testing';
import { ConfigResourceTypes } from 'kafkajs';
import { expect, it } from 'vitest';
import { kafkaClient } from '#libs/kafka';

const options = () => ({ brokers: testStack().kafka.brokers, clientId: 'topics' });

async function configOf(topic: string): Promise<Record<string, string>> {
  const admin = kafkaClient(options()).admin();
  await admin.connect();
  const asked = { includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] };
  const { resources } = await admin.describeConfigs(asked);
  await admin.disconnect();
  const entries = resources[0]?.configEntries ?? [];
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
}

it('sets configuration on new topics, and on existing ones without touching what others have set', async () => {
  const bus = new KafkaBus(options());
  const name = freshName('configured');
  await bus.ensureTopics([{ name, partitions: 1, config: { 'cleanup.policy': 'compact', 'segment.ms': '3600000' } }]);
  expect(await configOf(name)).toMatchObject({ 'cleanup.policy': 'compact', 'segment.ms': '3600000' });
  await bus.ensureTopics([{ name, partitions: 1, config: { 'segment.ms': '60000' } }]);
  expect(await configOf(name)).toMatchObject({ 'cleanup.policy': 'compact', 'segment.ms': '60000' });
  await bus.close();
});

it('says that no broker answers, instead of hanging', async () => {
  const bus = new KafkaBus({ brokers: ['127.0.0.1:1'], clientId: 'nobody' });
  await expect(bus.endOffsets(['t'])).rejects.toMatchObject({ code: 'bus/unavailable', transient: true });
  await bus.close();
});

it('lets several services make the same topics at once', async () => {
  const specs = Array.from({ length: 4 }, () => ({ name: freshName('raced'), partitions: 2, config: {} }));
  const buses = Array.from({ length: 6 }, () => new KafkaBus(options()));
  const outcomes = await Promise.allSettled(buses.map((bus) => bus.ensureTopics(specs)));
  await Promise.all(buses.map((bus) => bus.close()));
  expect(outcomes.map(({ status }) => status)).toEqual(buses.map(() => 'fulfilled'));
});
