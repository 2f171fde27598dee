import { Public } from '#libs/access';
import { refusal } from '#libs/http';
import { Answers } from '#libs/openapi';
import { jsonSchemaOf, schemaNames } from '#libs/policy-language';
import { Controller, Get, Header, Param } from '@nestjs/common';
import { z } from 'zod';

/** Made once: they change with a release only. */
const schemas: ReadonlyMap<string, object> = new Map(schemaNames.map((name) => [`${name}.json`, jsonSchemaOf(name)]));

/** JSON Schemas of every kind, for editors: public, since they tell what can be written and nothing of what is. */
@Controller('schemas')
export class SchemasController {
  @Get(':file')
  @Public()
  @Header('content-type', 'application/schema+json')
  @Header('cache-control', 'public, max-age=3600')
  @Answers(
    'The JSON Schema of a kind of document.',
    { 200: z.looseObject({}) },
    { contentType: 'application/schema+json' },
  )
  get(@Param('file') file: string): object {
    const schema = schemas.get(file);
    if (!schema) throw refusal('not_found', `There is no such schema; there are ${[...schemas.keys()].join(', ')}.`);
    return schema;
  }
}
