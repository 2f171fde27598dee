import { createService } from '#libs/http';
import { kindNames } from '#libs/policy-language';
import { createLogger } from '#libs/telemetry';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SchemasController } from './schemas.controller.js';

@Module({ controllers: [SchemasController] })
class App {}
let app: NestFastifyApplication;
beforeAll(async () => {
  const logger = createLogger({ service: 'policy', level: 'silent' });
  app = await createService(App, { service: 'policy', port: 0, logger });
});
afterAll(() => app.close());

it.each([...kindNames, 'PolicyTest'])('serves the schema of %s', async (kind) => {
  const answer = await app.inject({ method: 'GET', url: `/schemas/${kind}.json` });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('application/schema+json; charset=utf-8');
  expect(answer.json()).toMatchObject({ title: kind, $schema: 'https://json-schema.org/draft/2020-12/schema' });
});

it('answers 404 for another name, and for what objects have by themselves', async () => {
  for (const file of ['Nothing.json', 'constructor', '__proto__.json']) {
    expect((await app.inject({ method: 'GET', url: `/schemas/${file}` })).statusCode).toBe(404);
  }
});
