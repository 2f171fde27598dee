import { Public, routesIn } from '#libs/access';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { z } from 'zod';
import { Answers } from '#libs/http';
import { openApiDocument, type DocumentInfo } from './document.js';

export const DOCUMENT_INFO = Symbol('gatehouse:document-info');

/** Public: it tells what can be asked, and nothing of what is there. */
@Controller('openapi.json')
export class OpenApiController {
  private document: object | undefined;

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DOCUMENT_INFO) private readonly info: DocumentInfo,
  ) {}

  @Get()
  @Public()
  @Header('cache-control', 'public, max-age=3600')
  @Answers('This document.', { 200: z.looseObject({ openapi: z.literal('3.1.0') }) })
  get(): object {
    // Once per process: routes do not change while it runs.
    this.document ??= openApiDocument(this.info, routesIn(this.modules));
    return this.document;
  }
}
