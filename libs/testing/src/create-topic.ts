import type { Admin, ITopicConfig } from 'kafkajs';
import { waitFor } from './wait-for.js';

/**
 * Creates a topic, and resolves when its leaders answer. kafkajs' own wait fails where a broker that has acknowledged the
 * topic does not know of it for a moment more.
 */
export async function createTopic(
  admin: Pick<Admin, 'createTopics' | 'fetchTopicOffsets'>,
  config: ITopicConfig,
): Promise<void> {
  const { topic } = config;
  await admin.createTopics({ topics: [config], waitForLeaders: false });
  const isLed = () =>
    admin.fetchTopicOffsets(topic).then(
      () => true,
      () => false,
    );
  await waitFor(isLed, { what: `the leaders of ${topic}` });
}
