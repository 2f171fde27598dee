import { Module, type DynamicModule } from '@nestjs/common';
import type { DocumentInfo } from './document.js';
import { DOCUMENT_INFO, OpenApiController } from './openapi.controller.js';

/** Serves the document of the application that imports it at `/openapi.json`. */
@Module({})
export class OpenApiModule {
  static of(info: DocumentInfo): DynamicModule {
    return {
      module: OpenApiModule,
      controllers: [OpenApiController],
      providers: [{ provide: DOCUMENT_INFO, useValue: info }],
    };
  }
}
