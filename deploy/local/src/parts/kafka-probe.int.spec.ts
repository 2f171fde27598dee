import { testStack } from '#libs/testing';
import { expect, it } from 'vitest';
import { kafkaAnswers } from './kafka-probe.js';

const portOf = (address: string) => Number(address.split(':').at(-1));

it('tells a broker that takes requests from a port where nobody or somebody else listens', async () => {
  const { kafka, postgres } = testStack();
  expect(await kafkaAnswers(portOf(kafka.brokers[0] ?? ''))).toBe(true);
  expect(await kafkaAnswers(Number(new URL(postgres.url).port)).catch(() => false)).toBe(false);
  await expect(kafkaAnswers(1)).rejects.toThrow('ECONNREFUSED');
});
