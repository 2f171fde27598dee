import { clickhousePart } from '../parts/clickhouse.part.js';
import { kafkaPart } from '../parts/kafka.part.js';
import { postgresPart, postgresUrl } from '../parts/postgres.part.js';
import type { ServiceSurroundings } from '../parts/service-environment.js';
import type { Part } from '../process/part.js';
import { checkout } from './checkout.js';
import { kafkaJars } from './kafka-jars.js';
import { portsOf, type Ports } from './ports.js';
import { loadSecrets, type Secrets } from './secrets.js';
import type { StackHome } from './stack-home.js';
import type { StackOptions } from './stack-options.js';

/** What is going to run, before anything does. */
export type Plan = {
  readonly ports: Ports;
  readonly secrets: Secrets;
  /** What the services are told; embedded or not. */
  readonly stores: {
    readonly databaseUrl: string;
    readonly kafkaBrokers: readonly string[];
    readonly clickhouseUrl: string;
    /** Where each service is reached; all gateways are one. */
    readonly publicUrls: ServiceSurroundings['publicUrls'];
  };
  /** The embedded parts, without those that were replaced. */
  readonly embedded: { readonly postgres?: Part; readonly kafka?: Part; readonly clickhouse?: Part };
};

export function planOf(options: StackOptions, home: StackHome): Plan {
  const ports = portsOf(options.portBase, options.gateways ?? 1);
  const secrets = loadSecrets(home.path('secrets.json'));
  const { databaseUrl, kafkaBrokers, clickhouseUrl } = options;
  const password = secrets.postgres_password;
  const postgres = { folder: home.path('postgres'), port: ports.postgres, password, database: 'gatehouse' };
  return {
    ports,
    secrets,
    stores: {
      databaseUrl: databaseUrl ?? postgresUrl(postgres),
      kafkaBrokers: kafkaBrokers ?? [`127.0.0.1:${ports.kafka}`],
      clickhouseUrl: clickhouseUrl ?? clickhouseWithUser(ports, secrets),
      publicUrls: {
        gateway: urlAt(ports.gateways[0] ?? 0),
        identity: urlAt(ports.identity),
        policy: urlAt(ports.policy),
        audit: urlAt(ports.audit),
      },
    },
    embedded: {
      ...(databaseUrl ? {} : { postgres: postgresPart(postgres) }),
      ...(kafkaBrokers ? {} : { kafka: kafkaOf(home, ports) }),
      ...(clickhouseUrl ? {} : { clickhouse: clickhouseOf(home, ports, secrets) }),
    },
  };
}

const urlAt = (port: number) => `http://127.0.0.1:${port}`;

/** Every port that this plan needs, and which part wants it. */
export function wantedPorts({ ports, embedded }: Plan): { part: string; port: number }[] {
  const { gateways, kafka_controller, kafka, postgres, clickhouse, ...others } = ports;
  return [
    ...gateways.map((port, index) => ({ part: index === 0 ? 'gateway' : `gateway-${index + 1}`, port })),
    ...Object.entries(others).map(([part, port]) => ({ part, port })),
    ...Object.entries({ kafka, postgres, clickhouse })
      .filter(([part]) => part in embedded)
      .map(([part, port]) => ({ part, port })),
    ...(embedded.kafka ? [{ part: "kafka's controller", port: kafka_controller }] : []),
  ];
}

function kafkaOf(home: StackHome, { kafka, kafka_controller }: Ports): Part {
  return kafkaPart({ folder: home.path('kafka'), jars: kafkaJars(), port: kafka, controllerPort: kafka_controller });
}

function clickhouseOf(home: StackHome, { clickhouse }: Ports, { clickhouse_password }: Secrets): Part {
  return clickhousePart({ checkout, folder: home.path('clickhouse'), port: clickhouse, password: clickhouse_password });
}

function clickhouseWithUser({ clickhouse }: Ports, { clickhouse_password }: Secrets): string {
  return `http://default:${encodeURIComponent(clickhouse_password)}@127.0.0.1:${clickhouse}`;
}
