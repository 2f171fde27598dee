import { clickhousePart } from '../parts/clickhouse.part.js';
import { kafkaPart } from '../parts/kafka.part.js';
import { postgresPart, postgresUrl } from '../parts/postgres.part.js';
import type { Narrator } from '../process/supervised-part.js';
import { checkout } from './checkout.js';
import { kafkaJars } from './kafka-jars.js';
import { freePorts } from './ports.js';
import { Stack } from './stack.js';
import { StackHome } from './stack-home.js';

export type Stores = {
  readonly stack: Stack;
  readonly postgres: { readonly url: string };
  readonly kafka: { readonly brokers: string[] };
  readonly clickhouse: { readonly url: string };
};

/** PostgreSQL, Kafka and ClickHouse alone, on free ports, with their data in `folder`: for specs of libs and apps. */
export async function startStores(folder: string, say: Narrator): Promise<Stores> {
  const home = new StackHome(folder);
  await home.take();
  const [port = 0, kafkaPort = 0, controllerPort = 0, clickhousePort = 0] = await freePorts(4);
  const postgres = { folder: home.path('postgres'), port, password: 'gatehouse', database: 'gatehouse' };
  const kafka = { folder: home.path('kafka'), jars: kafkaJars(), port: kafkaPort, controllerPort };
  const clickhouse = { checkout, folder: home.path('clickhouse'), port: clickhousePort, password: '' };
  const stack = new Stack(home, say);
  try {
    await stack.guard();
    const parts = [postgresPart(postgres), kafkaPart(kafka), clickhousePart(clickhouse)];
    await Promise.all(parts.map((part) => stack.start(part)));
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return {
    stack,
    postgres: { url: postgresUrl(postgres) },
    kafka: { brokers: [`127.0.0.1:${kafkaPort}`] },
    clickhouse: { url: `http://127.0.0.1:${clickhousePort}` },
  };
}
