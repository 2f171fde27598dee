import 'reflect-metadata';
import { Logger, NestLogger, TelemetryModule } from '#libs/telemetry';
import type { DynamicModule, ModuleMetadata, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AnswerInterceptor } from '../answers/answer.interceptor.js';
import { HttpModule } from '../http.module.js';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { problemBody, problemHeaders } from '../problems/problem-body.js';
import { ProblemFilter } from '../problems/problem.filter.js';
import { problemOf } from '../problems/problem-of.js';
import { StrictValidationPipe } from '../problems/strict-validation.js';
import { serveHealth } from './health-routes.js';
import { acceptJson } from './json-bodies.js';
import { acceptNoBody } from './no-body.js';
import { Readiness } from './readiness.js';
import { requestIdOf } from './request-id.js';
import { RoutePaths } from './route-paths.js';
import { BODY_BYTES_DEFAULT, type ServiceOptions } from './service-options.js';
import { acceptYaml } from './text-bodies.js';
import { answerUnreadable } from './unreadable-request.js';

type ServiceModule = Type<unknown> | DynamicModule;

/** Longest path parameter; ids and model names are far shorter. */
const PARAMETER_CHARS_MAX = 256;
/** Bounds of connections, ms, of every server: a request must have arrived by then, so that slow senders hold none longer. */
export const REQUEST_TIMES = {
  requestTimeout: 30_000,
  headersTimeout: 15_000,
  /** How late either may be noticed. */
  connectionsCheckingInterval: 5_000,
  /** How long an idle connection is kept. */
  keepAliveTimeout: 72_000,
} as const;

/**
 * The application, initialised and ready to listen or to be sent requests by `inject`; it handles no signals. It has
 * everything that `startService` gives, so specs boot a service with it.
 */
export async function createService(module: ServiceModule, options: ServiceOptions): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(rootOf(module, options), adapterFor(options), {
    bufferLogs: true,
    abortOnError: false,
    // Whoever names lines of a body (`@RawBody`) needs it as it was sent.
    rawBody: true,
  });
  const logger = app.get(Logger);
  const routes = app.get(RoutePaths);
  app.useLogger(new NestLogger(logger));
  const server = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  routes.watch(server);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  acceptNoBody(server);
  acceptJson(app, options.bodyBytesMax ?? BODY_BYTES_DEFAULT);
  acceptYaml(server, options.yamlBytesMax ?? options.bodyBytesMax ?? BODY_BYTES_DEFAULT);
  serveHealth(server, app.get(Readiness));
  app.useGlobalFilters(new ProblemFilter(logger, routes, options.statuses));
  app.useGlobalPipes(new StrictValidationPipe());
  app.useGlobalInterceptors(app.get(IdempotencyInterceptor), new AnswerInterceptor());
  await options.prepare?.(app);
  await app.init();
  await server.ready();
  return app;
}

function rootOf(module: ServiceModule, options: ServiceOptions): DynamicModule {
  const telemetry = TelemetryModule.forRoot({
    service: options.service,
    ...(options.replica !== undefined && { replica: options.replica }),
    ...(options.logLevel && { level: options.logLevel }),
    ...(options.clockOffsetSeconds !== undefined && { clockOffsetSeconds: options.clockOffsetSeconds }),
    ...(options.logger && { logger: options.logger }),
    ...(options.clock && { clock: options.clock }),
  });
  const imports: NonNullable<ModuleMetadata['imports']> = [telemetry, HttpModule.forRoot(), module];
  return { module: class ServiceRoot {}, imports };
}

const { requestTimeout, headersTimeout, connectionsCheckingInterval, keepAliveTimeout } = REQUEST_TIMES;

function adapterFor({ bodyBytesMax = BODY_BYTES_DEFAULT, trustedProxies }: ServiceOptions): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: bodyBytesMax,
    genReqId: requestIdOf,
    requestIdHeader: false,
    requestTimeout,
    keepAliveTimeout,
    http: { headersTimeout, connectionsCheckingInterval },
    trustProxy: trustedProxies && trustedProxies.length > 0 ? [...trustedProxies] : false,
    clientErrorHandler: answerUnreadable,
    routerOptions: { maxParamLength: PARAMETER_CHARS_MAX },
    // A URL that the router cannot read never reaches the filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const problem = problemOf(error);
      void reply
        .status(problem.status)
        .headers({ ...problemHeaders(problem), 'x-request-id': request.id })
        .send(Buffer.from(problemBody(problem)));
    },
  });
}
