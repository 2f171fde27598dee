import { Peppers } from '#libs/access';
import { KafkaBus, type Bus } from '#libs/bus';
import { kafkaConnection, type ServiceSettings } from '#libs/config';
import { decisionTopics, topics, type Service } from '#libs/contracts';
import { DecisionSpool } from '#libs/spool';
import { createLogger, SystemClock, type Clock, type Logger } from '#libs/telemetry';

/** What every service has before its modules exist, and closes after they are gone. */
export type Resources = {
  readonly service: Service;
  readonly replica: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly spool: DecisionSpool;
  readonly peppers: Peppers;
  readonly busKey: Buffer;
  /** Where this service is reached; without a slash at the end. */
  readonly publicUrl: string;
  close(): Promise<void>;
};

/** How long records that are not published yet may hold up an orderly stop; they are kept on disk all the same. */
const FLUSH_TIMEOUT_MS = 3_000;
/** How long each step of closing the bus may take; with the brokers away there is nobody to say goodbye to. */
const BUS_CLOSE_TIMEOUT_MS = 1_000;

/** Opens log, clock, bus and decision spool, in this order. Kafka need not be there yet. */
export async function openResources(
  service: Service,
  settings: ServiceSettings,
  topic = decisionTopics[service],
): Promise<Resources> {
  const replica = settings.GATEHOUSE_REPLICA;
  const logger = createLogger({ service, fields: { replica } });
  const clock = new SystemClock(settings.GATEHOUSE_CLOCK_OFFSET_SECONDS);
  const kafka = kafkaConnection(settings);
  const spool = await DecisionSpool.open({
    directory: `${settings.GATEHOUSE_DATA}/spool`,
    service,
    replica,
    topic,
    kafka,
    clock,
    logger,
  });
  const bus = new KafkaBus({ ...kafka, logger });
  const close = async () => {
    await spool.close(FLUSH_TIMEOUT_MS);
    await bus.close(BUS_CLOSE_TIMEOUT_MS);
  };
  const peppers = Peppers.parse(settings.GATEHOUSE_PEPPER);
  const busKey = Buffer.from(settings.GATEHOUSE_BUS_KEY, 'base64');
  const publicUrl = settings.GATEHOUSE_PUBLIC_URL;
  return { service, replica, logger, clock, bus, spool, peppers, busKey, publicUrl, close };
}

/** The topics that every service reads or writes, whoever owns them; making one that is there changes nothing. */
export async function ensureCommonTopics({ bus, service }: Pick<Resources, 'bus' | 'service'>): Promise<void> {
  await bus.ensureTopics([topics.identityState, topics.policyState, topics.gatewayReplicas, decisionTopics[service]]);
}
