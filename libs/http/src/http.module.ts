import { Module, type DynamicModule } from '@nestjs/common';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { Readiness } from './service/readiness.js';
import { RoutePaths } from './service/route-paths.js';

/** Provides `Readiness` and `RoutePaths` to the whole application; `createService` imports it by itself. */
@Module({})
export class HttpModule {
  static forRoot(): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [Readiness, RoutePaths, IdempotencyInterceptor],
      exports: [Readiness, RoutePaths, IdempotencyInterceptor],
    };
  }
}
