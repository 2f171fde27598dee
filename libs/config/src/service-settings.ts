import { z } from 'zod';
import { secretKey, versionedSecretKey } from './secret-key.js';

const port = z.coerce.number().int().min(1).max(65_535);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);

/** `true` only for `1`: the embedded stack of one machine. */
const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((text) => text === '1');

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'addresses, or ranges such as 10.0.0.0/8');

const publicUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => !/[?#]/.test(text), 'without query and fragment')
  .transform((text) => text.replace(/\/+$/, ''));

/** The settings that every service has, by the names of their environment variables. */
export const serviceSettings = {
  PORT: port,
  HOST: z.string().default('127.0.0.1'),
  /** Unique over all services and replicas; it is part of every decision record. */
  GATEHOUSE_REPLICA: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, 63 at most'),
  /** Where the spool and, at the gateway, the snapshot file live; kept between starts. */
  GATEHOUSE_DATA: z.string(),
  /** Where the service is reached, the same for all of its replicas: the one `aud` of tokens for it (RFC 8707). */
  GATEHOUSE_PUBLIC_URL: publicUrl,
  /** Proxies in front whose `x-forwarded-for` is believed, by their own addresses; whoever else writes one is not. */
  GATEHOUSE_TRUSTED_PROXIES: list.pipe(z.array(network)).default([]),
  GATEHOUSE_LOCAL: flag,
  /** Shifts the clock; in local mode only. */
  GATEHOUSE_CLOCK_OFFSET_SECONDS: z.coerce.number().int().default(0),
  KAFKA_BROKERS: list.refine((brokers) => brokers.length > 0, 'names no broker'),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  GATEHOUSE_PEPPER: versionedSecretKey,
  GATEHOUSE_BUS_KEY: secretKey,
} as const;

/** A PostgreSQL URL. */
export const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** Public URLs of all services, commas between: the resources that tokens may be asked for. The first is the default. */
export const resourceUrls = list.pipe(z.array(publicUrl).min(1));

/** Addresses and CIDR ranges that the operator lets the egress guard reach although they are private. */
export const egressAllow = list.default([]);

type Given = {
  GATEHOUSE_LOCAL: boolean;
  GATEHOUSE_CLOCK_OFFSET_SECONDS: number;
  KAFKA_SASL_USERNAME?: string | undefined;
  KAFKA_SASL_PASSWORD?: string | undefined;
};

/** What holds between settings; add it to every service's schema by `.superRefine(coherent)`. */
export function coherent(settings: Given, context: z.RefinementCtx): void {
  const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (settings.GATEHOUSE_CLOCK_OFFSET_SECONDS !== 0 && !settings.GATEHOUSE_LOCAL) {
    problem('GATEHOUSE_CLOCK_OFFSET_SECONDS', 'is for local mode only');
  }
  if ((settings.KAFKA_SASL_USERNAME === undefined) !== (settings.KAFKA_SASL_PASSWORD === undefined)) {
    problem('KAFKA_SASL_PASSWORD', 'goes with KAFKA_SASL_USERNAME: set both or neither');
  }
}

const wholeSettings = z.object(serviceSettings);
/** {@link serviceSettings}, read. */
export type ServiceSettings = z.output<typeof wholeSettings>;
