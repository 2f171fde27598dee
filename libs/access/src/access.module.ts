import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ACCESS_OPTIONS, type AccessModuleOptions } from './access-options.js';
import { accessProviders } from './access.provider.js';
import { AccessGuard } from './admin/access.guard.js';
import { AccessInterceptor } from './admin/access.interceptor.js';
import { Access } from './admin/access.js';
import { hookAnswers } from './admin/answer-hooks.js';
import { RequestAuthentication } from './admin/authenticate-request.js';
import { Reauthentication } from './admin/reauthentication.js';
import { RequestDecisions } from './admin/request-decisions.js';
import { ResourceMetadataController } from './admin/resource-metadata.controller.js';
import { Authenticator } from './authentication/authenticator.js';
import { DecisionLog } from './decisions/decision-log.js';
import { AccessFeed } from './feed/access-feed.js';
import { IdentityView } from './identity/identity-view.js';
import { PolicyView } from './policy/policy-view.js';
import { TokenAuthenticator } from './tokens/token-authenticator.js';
import { PUBLIC_PATHS } from './routes/undeclared-routes.js';

type AsyncOptions = Pick<ModuleMetadata, 'imports'> & {
  readonly inject?: readonly unknown[];
  readonly useFactory: (...args: never[]) => AccessModuleOptions | Promise<AccessModuleOptions>;
};

/** How long between two attempts to begin reading, while the bus cannot be reached, ms. */
const START_RETRY_MS = 1_000;

/**
 * Authenticates, authorises and records every request of a service. Global; needs `Clock` and `Logger` of
 * `#libs/telemetry`. Until both state topics are replayed, everything that is not public is 503 `not_ready`.
 */
@Module({})
export class AccessModule {
  private closed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    @Inject(ACCESS_OPTIONS) private readonly options: AccessModuleOptions,
    @Inject(AccessFeed) private readonly feed: AccessFeed,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(Readiness) readiness: Readiness,
    @Inject(HttpAdapterHost) adapters: HttpAdapterHost,
    @Inject(RequestDecisions) decisions: RequestDecisions,
    @Inject(RequestAuthentication) authentication: RequestAuthentication,
    @Inject(Clock) clock: Clock,
  ) {
    readiness.register('access', () => {
      const { ready, fresh } = this.feed.health();
      return ready && fresh ? true : 'waiting for the state topics';
    });
    const exempt = new Set([...PUBLIC_PATHS, ...(options.rawPaths ?? [])]);
    // In the constructor: hooks must be there before the first route is ready.
    hookAnswers(adapters.httpAdapter.getInstance<FastifyInstance>(), {
      decisions,
      authentication,
      clock,
      publicUrl: options.publicUrl,
      isExempt: ({ routeOptions: { url } }) => url !== undefined && exempt.has(url),
    });
  }

  static forRoot(options: AccessModuleOptions): DynamicModule {
    return AccessModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: AsyncOptions): DynamicModule {
    const options = {
      provide: ACCESS_OPTIONS,
      useFactory: useFactory as () => AccessModuleOptions,
      inject: [...inject],
    };
    return {
      module: AccessModule,
      global: true,
      imports,
      controllers: [ResourceMetadataController],
      providers: [
        options as never,
        ...accessProviders,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_INTERCEPTOR, useClass: AccessInterceptor },
      ],
      exports: [
        Access,
        AccessFeed,
        Authenticator,
        DecisionLog,
        IdentityView,
        PolicyView,
        Reauthentication,
        TokenAuthenticator,
      ],
    };
  }

  /** Does not wait: the service listens, and answers 503, while it reads. */
  onApplicationBootstrap(): void {
    this.begin();
  }

  /** After the server has closed: the last report says that no decision follows. */
  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.feed.close();
  }

  private begin(): void {
    this.feed.start().catch((error: unknown) => {
      this.logger.warn({ err: error, replica: this.options.replica }, 'the state topics cannot be read yet');
      if (!this.closed) this.retry = setTimeout(() => this.begin(), START_RETRY_MS);
    });
  }
}
