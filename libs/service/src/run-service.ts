import { startService, type RunningService, type ServiceOptions } from '#libs/http';
import type { ServiceSettings } from '#libs/config';
import type { Service } from '#libs/contracts';
import type { DynamicModule } from '@nestjs/common';
import { topicsOrLater } from './common-topics.js';
import { openResources, type Resources } from './resources.js';

type Options = Pick<ServiceOptions, 'prepare' | 'statuses' | 'bodyBytesMax' | 'yamlBytesMax' | 'reusePort'> & {
  /** The application, over what was opened for it. */
  readonly module: (resources: Resources) => DynamicModule | Promise<DynamicModule>;
};

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
      ...servedBy(settings),
      afterClose: close,
    });
  } catch (error) {
    logger.fatal({ err: error }, 'cannot start');
    await close();
    throw error;
  }
}

/** What its settings say of how a service is reached, and by whom. */
export function servedBy(
  settings: Pick<ServiceSettings, 'HOST' | 'PORT' | 'GATEHOUSE_LOCAL' | 'GATEHOUSE_TRUSTED_PROXIES'>,
): Pick<ServiceOptions, 'host' | 'port' | 'local' | 'trustedProxies'> {
  return {
    host: settings.HOST,
    port: settings.PORT,
    local: settings.GATEHOUSE_LOCAL,
    trustedProxies: settings.GATEHOUSE_TRUSTED_PROXIES,
  };
}
