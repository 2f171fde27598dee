import { join } from 'node:path';
import type { Secrets } from '../stack/secrets.js';

export type Service = 'identity' | 'policy' | 'audit' | 'gateway';

/** What the services of one stack are told; the same for each replica of a service but for its own name and place. */
export type ServiceSurroundings = {
  readonly secrets: Secrets;
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly clickhouseUrl: string;
  /** Where each service is reached; all gateways are one. */
  readonly publicUrls: Readonly<Record<Service, string>>;
  readonly clockOffsetSeconds: number;
  /** Set for every service, for instance limits that a test makes small. */
  readonly extra: Readonly<Record<string, string>>;
};
export type Place = { readonly replica: string; readonly port: number; readonly folder: string };

/** The environment of one service: each gets the keys and the stores that it needs, and no others. */
export function serviceEnvironment(service: Service, place: Place, around: ServiceSurroundings) {
  const { secrets } = around;
  const everyone = {
    PORT: String(place.port),
    HOST: '127.0.0.1',
    GATEHOUSE_REPLICA: place.replica,
    GATEHOUSE_DATA: place.folder,
    GATEHOUSE_PUBLIC_URL: around.publicUrls[service],
    GATEHOUSE_LOCAL: '1',
    GATEHOUSE_CLOCK_OFFSET_SECONDS: String(around.clockOffsetSeconds),
    KAFKA_BROKERS: around.kafkaBrokers.join(','),
    GATEHOUSE_PEPPER: `1:${secrets.pepper}`,
    GATEHOUSE_BUS_KEY: secrets.bus_key,
    // The sandbox provider listens on loopback, which no caller may otherwise be sent to.
    GATEHOUSE_EGRESS_ALLOW: '127.0.0.1/32',
  };
  const store = (sealKey: string) => ({ DATABASE_URL: around.databaseUrl, GATEHOUSE_SEAL_KEY: sealKey });
  const { gateway, ...others } = around.publicUrls;
  const resources = [gateway, ...Object.values(others)];
  const own: Record<Service, Record<string, string>> = {
    identity: {
      ...store(secrets.seal_key_identity),
      GATEHOUSE_SIGNING_KEY: secrets.signing_key,
      GATEHOUSE_RESOURCES: resources.join(','),
      GATEHOUSE_ROTATION_SINKS: around.extra['GATEHOUSE_ROTATION_SINKS'] ?? ownSink(place.folder),
    },
    policy: { ...store(secrets.seal_key_policy), GATEHOUSE_MASTER_KEY: secrets.master_key },
    audit: {
      ...store(secrets.seal_key_audit),
      CLICKHOUSE_URL: around.clickhouseUrl,
      // Soon, so that whoever tries it out need not wait for an hour.
      GATEHOUSE_CHECKPOINT_SECONDS: '20',
      GATEHOUSE_CHECKPOINT_KEY: secrets.checkpoint_key,
      GATEHOUSE_CHECKPOINT_FOLDER: join(place.folder, 'checkpoints'),
    },
    gateway: { GATEHOUSE_MASTER_KEY: secrets.master_key },
  };
  return { ...around.extra, ...everyone, ...own[service] };
}

/** Somewhere for keys that rotate by themselves, unless whoever starts it all has sinks of their own. */
function ownSink(folder: string): string {
  return JSON.stringify({ files: { type: 'directory', path: join(folder, 'rotated-keys'), tenants: ['*'] } });
}
