import { Metrics } from '#libs/telemetry';
import { Controller, Get, Header } from '@nestjs/common';

/** Public, and so without any name of a tenant, a key or a person. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('cache-control', 'no-store')
  render(): string {
    return this.metrics.render();
  }
}
