import { RESOURCE_METADATA_PATH } from '#libs/access';
import { Controller, Get, Header } from '@nestjs/common';
import { GatewayRuntime } from '../gateway-runtime.js';
import { prefixes } from './route-table.js';

/** RFC 9728: who gives tokens for this gateway, and what they may be for. The same below each prefix. */
@Controller(RESOURCE_METADATA_PATH)
export class ResourceMetadataController {
  constructor(private readonly runtime: GatewayRuntime) {}

  @Get(['', ...prefixes])
  @Header('cache-control', 'public, max-age=300')
  read() {
    return this.runtime.resourceMetadata();
  }
}
