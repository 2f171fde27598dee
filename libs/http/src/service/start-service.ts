import { Logger } from '#libs/telemetry';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService } from './create-service.js';
import { Readiness } from './readiness.js';
import type { ServiceOptions } from './service-options.js';
import { stopOnSignals } from './shutdown.js';

const IDLE_SWEEP_MS = 50;

export type RunningService = {
  readonly app: NestFastifyApplication;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Stops listening, ends what is in flight, closes every module. */
  readonly close: () => Promise<void>;
};

/**
 * Runs a service: Nest on Fastify with strict validation, problems, request ids, health and idempotency; message
 * transports that `prepare` connected are started before it listens. Stops in order on signals, and with its parent in
 * local mode. Rejects when it cannot start, having closed what was open.
 */
export async function startService(
  module: Type<unknown> | DynamicModule,
  options: ServiceOptions,
): Promise<RunningService> {
  const app = await createService(module, options);
  const logger = app.get(Logger);
  const close = async () => {
    app.get(Readiness).close();
    // A connection whose answer was under way is idle only later, and would be waited for until its client leaves.
    const idle = setInterval(() => app.getHttpServer().closeIdleConnections(), IDLE_SWEEP_MS);
    try {
      await app.close();
    } finally {
      clearInterval(idle);
      await options.afterClose?.();
    }
  };
  try {
    await app.startAllMicroservices();
    const { port, host = '127.0.0.1', reusePort = false } = options;
    await app.listen({ port, host, ...(reusePort && { reusePort }) });
  } catch (error) {
    await close();
    throw error;
  }
  stopOnSignals({ logger, stop: close, withParent: options.local ?? false });
  const url = (await app.getUrl()).replace(/\/$/, '');
  logger.info({ url }, 'listening');
  return { app, url, close };
}
