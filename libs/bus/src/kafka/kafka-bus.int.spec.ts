import { KafkaBus } from '#libs/bus';
import { freshName, testStack } from '#libs/testing';
import { busContract } from '../contract/bus.contract.js';
import { kafkaClient } from '#libs/kafka';

busContract('KafkaBus', () => {
  const options = { brokers: testStack().kafka.brokers, clientId: 'bus-contract' };
  const deleteTopic = async (topic: string) => {
    const admin = kafkaClient(options).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  };
  return { open: () => new KafkaBus({ ...options, logCheckMs: 200 }), freshName, deleteTopic };
});
