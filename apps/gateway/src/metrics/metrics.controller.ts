import { Metrics } from '#libs/telemetry';
import { Answers } from '#libs/openapi';
import { Public } from '#libs/access';
import { Controller, Get, Header } from '@nestjs/common';
import { z } from 'zod';
import { GatewayRuntime } from '../gateway-runtime.js';

/** Public, and so without any name of a tenant, a key or a person. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly runtime: GatewayRuntime,
  ) {}

  @Get()
  @Public()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  @Answers('Metrics, as Prometheus reads them.', { 200: z.string() }, { contentType: 'text/plain' })
  render(): Promise<string> {
    return this.runtime.metricsOf(this.metrics.render());
  }
}
