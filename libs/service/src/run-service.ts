import { BusError } from '#libs/bus';
import { startService, type RunningService, type ServiceOptions } from '#libs/http';
import type { ServiceSettings } from '#libs/config';
import type { Service } from '#libs/contracts';
import type { DynamicModule } from '@nestjs/common';
import { ensureCommonTopics, openResources, type Resources } from './resources.js';

type Options = Pick<ServiceOptions, 'prepare' | 'statuses' | 'bodyBytesMax' | 'yamlBytesMax'> & {
  /** The application, over what was opened for it. */
  readonly module: (resources: Resources) => DynamicModule | Promise<DynamicModule>;
};

/** Between two attempts at the common topics, while Kafka cannot be reached. */
const TOPICS_RETRY_MS = 1_000;

/** Runs one service from its settings until it is told to stop. Rejects when it cannot start, with everything closed. */
export async function runService(
  service: Service,
  settings: ServiceSettings,
  { module, ...options }: Options,
): Promise<RunningService> {
  const resources = await openResources(service, settings);
  const { logger, clock, replica, close } = resources;
  try {
    await topicsOrLater(resources);
    return await startService(await module(resources), {
      ...options,
      service,
      replica,
      logger,
      clock,
      host: settings.HOST,
      port: settings.PORT,
      local: settings.GATEHOUSE_LOCAL,
      afterClose: close,
    });
  } catch (error) {
    logger.fatal({ err: error }, 'cannot start');
    await close();
    throw error;
  }
}

/**
 * Makes the common topics, or goes on trying in the background where the brokers are away: a service starts without them,
 * says on /readyz what it waits for, and refuses until then.
 */
async function topicsOrLater(resources: Resources): Promise<void> {
  try {
    await ensureCommonTopics(resources);
  } catch (error) {
    if (!isAway(error)) throw error;
    resources.logger.warn({ err: error }, 'Kafka cannot be reached yet');
    setTimeout(() => void topicsOrLater(resources).catch((later) => report(resources, later)), TOPICS_RETRY_MS).unref();
  }
}

function report({ logger }: Resources, error: unknown): void {
  if (error instanceof BusError && error.code === 'bus/closed') return;
  logger.error({ err: error }, 'the common topics cannot be made');
}

const isAway = (error: unknown) => error instanceof BusError && error.code === 'bus/unavailable';
