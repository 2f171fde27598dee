import { Public, RESOURCE_METADATA_PATH } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Controller, Get, Header, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GatewayRuntime } from '../gateway-runtime.js';
import { prefixes } from './route-table.js';

/** RFC 9728: who gives tokens for this gateway, and what they may be for; each prefix is a resource of its own name. */
@Controller(RESOURCE_METADATA_PATH)
export class ResourceMetadataController {
  constructor(private readonly runtime: GatewayRuntime) {}

  @Get(['', ...prefixes])
  @Public()
  @Header('cache-control', 'public, max-age=300')
  @Answers('Where tokens for the gateway are from, and how they are sent (RFC 9728).', { 200: z.looseObject({}) })
  read(@Req() { routeOptions }: FastifyRequest) {
    return this.runtime.resourceMetadata((routeOptions.url ?? '').slice(RESOURCE_METADATA_PATH.length));
  }
}
