import { Readiness } from '#libs/http';
import { OpenApiModule } from '#libs/openapi';
import type { Resources } from '#libs/service';
import { Metrics } from '#libs/telemetry';
import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { GatewayRuntime } from './gateway-runtime.js';
import type { GatewayTopics } from './gateway-topics.js';
import type { GatewaySettings } from './gateway.config.js';
import { modelPaths } from './openapi/model-paths.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { ResourceMetadataController } from './routes/resource-metadata.controller.js';

/** Nest's part of the gateway: health, readiness, metrics, and the order of starting and stopping. */
@Module({
  imports: [
    OpenApiModule.of({
      title: 'Gatehouse gateway',
      description: 'The request path: models, by the forms that their clients know.',
      paths: modelPaths(),
    }),
  ],
  controllers: [MetricsController, ResourceMetadataController],
})
export class GatewayModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(GatewayRuntime) private readonly runtime: GatewayRuntime,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  static over(resources: Resources, settings: GatewaySettings, topics?: GatewayTopics): DynamicModule {
    const runtime = { provide: GatewayRuntime, useFactory: () => new GatewayRuntime(resources, settings, topics) };
    return { module: GatewayModule, providers: [runtime] };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { httpAdapter } = this.host;
    const framework = httpAdapter.getInstance<FastifyInstance>();
    await this.runtime.start(async ({ method, url, headers, remoteAddress }) => {
      const answer = await framework.inject({ method: method as 'GET', url, headers, remoteAddress });
      return { status: answer.statusCode, headers: answer.headers, body: Uint8Array.from(answer.rawPayload) };
    });
    this.runtime.serve(this.host.httpAdapter.getHttpServer(), this.metrics, this.readiness);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { httpAdapter } = this.host;
    // No new connections from here on; the framework closes the server once more, which does no harm.
    httpAdapter.getHttpServer().close();
    await this.runtime.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runtime.close();
  }
}
