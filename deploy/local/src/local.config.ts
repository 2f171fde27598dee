import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { launcherEnvironment } from './environment.config.js';
import { checkout } from './stack/checkout.js';
import { GATEWAYS_MAX } from './stack/ports.js';
import type { StackOptions } from './stack/stack-options.js';

const Settings = z.object({
  GATEHOUSE_HOME: z.string().min(1).default(join(checkout, '.gatehouse')),
  /** The highest offset above the base is 14; 30 are kept free for later parts. */
  GATEHOUSE_PORT_BASE: z.coerce
    .number()
    .int()
    .min(1024)
    .max(65_535 - 30)
    .optional(),
  GATEHOUSE_CLOCK_OFFSET_SECONDS: z.coerce.number().int().default(0),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  KAFKA_BROKERS: z.string().min(1).optional(),
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
  '--gateways': z.coerce.number().int().min(1).max(GATEWAYS_MAX).default(1),
});

/** Variables for the services that the launcher sets itself, each for those who may have it. */
const OWN = /^GATEHOUSE_(HOME|PORT_BASE|CLOCK_OFFSET_SECONDS|KAFKA_JARS|TEST_STACK|PEPPER|\w+_KEY|OPERATOR_BOOTSTRAP)$/;

/** The environment and the arguments of `npm start`; throws with all mistakes in one message. */
export function readConfig(args: readonly string[], environment = launcherEnvironment): StackOptions {
  const { values } = parseArgs({ args: [...args], options: { gateways: { type: 'string' } } });
  const given = Object.entries({ ...environment, '--gateways': values.gateways });
  const read = Settings.safeParse(Object.fromEntries(given.filter(([, value]) => value !== '')));
  if (!read.success) throw new Error(z.prettifyError(read.error));
  const settings = read.data;
  return {
    home: settings.GATEHOUSE_HOME,
    portBase: settings.GATEHOUSE_PORT_BASE,
    gateways: settings['--gateways'],
    clockOffsetSeconds: settings.GATEHOUSE_CLOCK_OFFSET_SECONDS,
    databaseUrl: settings.DATABASE_URL,
    kafkaBrokers: settings.KAFKA_BROKERS?.split(',').map((broker) => broker.trim()),
    clickhouseUrl: settings.CLICKHOUSE_URL,
    serviceEnv: forServices(environment),
  };
}

function forServices(environment: typeof launcherEnvironment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith('GATEHOUSE_') && !OWN.test(name) && value !== undefined ? [[name, value] as const] : [],
    ),
  );
}
