import type { SeedMemory } from '../seed/seeder.js';
import type { Plan } from './plan.js';

type Url = { url: string };

/**
 * `$GATEHOUSE_HOME/local.json`: a contract for tools and tests. Parts that were replaced from outside have no entry in
 * `processes`; `gateways` lists every replica of the gateway.
 */
export type LocalJson = {
  gateway: Url;
  gateways: Url[];
  identity: Url;
  policy: Url;
  audit: Url;
  sandbox_provider: Url;
  clickhouse: Url & { database: string; username: string; password: string };
  postgres: Url;
  kafka: { brokers: string[] };
  processes: Record<string, number>;
  operator: SeedMemory['operator'];
  tenants: SeedMemory['tenants'];
};

export function localJson({ ports, stores }: Plan, processes: Record<string, number>, seed: SeedMemory): LocalJson {
  const at = (port: number): Url => ({ url: `http://127.0.0.1:${port}` });
  const clickhouse = new URL(stores.clickhouseUrl);
  return {
    gateway: at(ports.gateways[0] ?? 0),
    gateways: ports.gateways.map(at),
    identity: at(ports.identity),
    policy: at(ports.policy),
    audit: at(ports.audit),
    sandbox_provider: at(ports.sandbox_provider),
    clickhouse: {
      url: `${clickhouse.protocol}//${clickhouse.host}`,
      database: clickhouse.pathname.slice(1) || 'gatehouse',
      username: decodeURIComponent(clickhouse.username) || 'default',
      password: decodeURIComponent(clickhouse.password),
    },
    postgres: { url: stores.databaseUrl },
    kafka: { brokers: [...stores.kafkaBrokers] },
    processes,
    operator: seed.operator,
    tenants: seed.tenants,
  };
}
