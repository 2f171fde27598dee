import { freshName, testStack, waitFor } from '#libs/testing';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { kafkaBus } from '../contract/kafka.fixture.js';
import { issue, openKeyStore, revoke } from '../contract/opened-store.fixture.js';
import { readTopic, statusForFreshReplica } from '../contract/replica.fixture.js';

const WITHIN_MS = 60_000;

it('fills topics that were deleted and made again from the store, which is the truth', async () => {
  const before = await openKeyStore(kafkaBus());
  await before.start();
  await issue(before, 'k1');
  await issue(before, 'k2');
  const { position } = await revoke(before, 'k1');
  expect(await before.publication.reached(position, WITHIN_MS)).toBe(true);
  await before.close();

  const { brokers } = testStack().kafka;
  const admin = new Kafka({ brokers, clientId: freshName('admin'), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = [before.topic, `${before.options.service}.events.v1`];
  await admin.deleteTopics({ topics });
  await waitFor(async () => !(await admin.listTopics()).some((topic) => topics.includes(topic)), {
    what: 'the deletion',
  });
  await admin.disconnect();

  const after = await openKeyStore(kafkaBus(), before.options);
  await waitFor(() => after.start().then(() => true), { timeoutMs: WITHIN_MS, what: 'the topics' });
  await waitFor(() => after.publication.status().role === 'active', { timeoutMs: WITHIN_MS, what: 'the take-over' });
  expect(await statusForFreshReplica(after, 'k1')).toBe('revoked');
  expect(await statusForFreshReplica(after, 'k2')).toBe('active');
  const events = await readTopic(after.bus, `${after.options.service}.events.v1`);
  expect(events.map(({ headers }) => headers.gh_position)).toEqual(['1', '2', '3']);
});
