import type { INestApplication, INestMicroservice } from '@nestjs/common';
import { NestMicroservice, type MicroserviceOptions } from '@nestjs/microservices';
import type { Bus } from '../bus.js';
import { BusServer } from './bus-server.js';
import type { BusServerOptions } from './bus-server-options.js';
import { HandlerErrorFilter } from './handler-error.filter.js';

/** The microservice half of a hybrid application. */
export type ConnectedBus = { readonly microservice: INestMicroservice; readonly server: BusServer };

/**
 * Makes an application a hybrid one: its `@EventPattern` methods are fed from the bus once
 * `app.startAllMicroservices()` has been called, and stop with `app.close()`. Call it before `app.init()`.
 */
export function connectBus(app: INestApplication, bus: Bus, options: BusServerOptions): ConnectedBus {
  const server = new BusServer(bus, options);
  const microservice = app.connectMicroservice<MicroserviceOptions>(
    { strategy: server },
    { deferInitialization: true },
  );
  microservice.useGlobalFilters(new HandlerErrorFilter());
  // Nest does these three itself unless deferred, but then before a filter could be added; left to `listen()` it would
  // run the application's start-up hooks a second time.
  if (!(microservice instanceof NestMicroservice)) throw new TypeError('connectMicroservice made something else');
  microservice.registerListeners();
  microservice.setIsInitialized(true);
  microservice.setIsInitHookCalled(true);
  return { microservice, server };
}
