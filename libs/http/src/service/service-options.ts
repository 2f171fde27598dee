import type { Clock, Logger, LogLevel } from '#libs/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Largest body unless a service says otherwise. */
export const BODY_BYTES_DEFAULT = 1024 * 1024;

export type ServiceOptions = {
  /** Name in logs and metrics. */
  readonly service: string;
  readonly replica?: string;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Other threads of the process listen on the same port; Linux shares connections out among them. */
  readonly reusePort?: boolean;
  /** `GATEHOUSE_LOCAL`: the process ends with its parent. */
  readonly local?: boolean;
  /** Only in local mode. */
  readonly clockOffsetSeconds?: number;
  readonly logLevel?: LogLevel;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Largest JSON or form body; `BODY_BYTES_DEFAULT` unless given. */
  readonly bodyBytesMax?: number;
  /** Largest YAML body; as `bodyBytesMax` unless given. */
  readonly yamlBytesMax?: number;
  /** Statuses of this service's own domain error codes; they win over the common table. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** Addresses or CIDRs of proxies whose `x-forwarded-for` is believed; nobody's unless given. */
  readonly trustedProxies?: readonly string[];
  /** Called before the application starts: connect transports (`connectBus`), add raw routes. */
  readonly prepare?: (app: NestFastifyApplication) => void | Promise<void>;
  /** Called once every module has closed: ends what the application was given from outside (bus, spool). */
  readonly afterClose?: () => Promise<void>;
};
