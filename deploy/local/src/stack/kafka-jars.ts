import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inherited } from '../environment.config.js';
import { checkout } from './checkout.js';

/**
 * The folder of Kafka's jars, put there by deploy/local/setup. GATEHOUSE_KAFKA_JARS names another one, for machines
 * without Maven. Throws when there are none.
 */
export function kafkaJars(): string {
  const folder = inherited('GATEHOUSE_KAFKA_JARS')['GATEHOUSE_KAFKA_JARS'] ?? join(checkout, 'deploy/kafka/jars');
  if (!existsSync(folder)) throw new Error(`No Kafka in ${folder}. Run: node deploy/local/setup/setup.mjs`);
  return folder;
}
