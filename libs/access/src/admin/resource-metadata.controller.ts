import { Answers } from '#libs/http';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { z } from 'zod';
import { ACCESS_OPTIONS, type AccessModuleOptions } from '../access-options.js';
import { IdentityView } from '../identity/identity-view.js';
import { RESOURCE_METADATA_PATH } from '../tokens/challenge.js';
import { resourceMetadata } from '../tokens/resource-metadata.js';
import { Public } from './decorators.js';

/** RFC 9728: what a client finds when it follows the challenge of a 401. */
@Public()
@Controller(RESOURCE_METADATA_PATH)
export class ResourceMetadataController {
  constructor(
    @Inject(ACCESS_OPTIONS) private readonly options: Pick<AccessModuleOptions, 'publicUrl'>,
    @Inject(IdentityView) private readonly identity: IdentityView,
  ) {}

  @Get()
  @Header('cache-control', 'public, max-age=300')
  @Answers('Where tokens for this service are from, and how they are sent (RFC 9728).', { 200: z.looseObject({}) })
  read() {
    return resourceMetadata(this.identity, this.options.publicUrl);
  }
}
