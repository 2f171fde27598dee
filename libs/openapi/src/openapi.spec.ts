import { Public, Requires, routesIn } from '#libs/access';
import { answer, Answers, createService, IfMatch } from '#libs/http';
import { silentLogger } from '#libs/telemetry';
import { Body, Controller, Get, Param, Patch, Post, Query, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from './document.js';
import { holdAnswers } from './hold-answers.js';
import { OpenApiModule } from './openapi.module.js';
import { listOf } from './schemas.js';
import { undescribedRoutes } from './undescribed-routes.js';

const Thing = z.strictObject({ object: z.literal('thing'), at: z.iso.datetime() }).meta({ id: 'Thing' });
const thing = { object: 'thing', at: '2026-01-01T00:00:00Z' };
const ListQuery = z.strictObject({ colour: z.enum(['red']).optional(), limit: z.string().regex(/^\d+$/).default('5') });

@Controller('v1/things')
class ThingsController {
  @Get()
  @Public()
  @Answers('Lists things.', { 200: listOf(Thing) })
  list(@Query({ schema: ListQuery }) _query: object) {
    return { object: 'list', data: [thing], has_more: false };
  }

  @Post()
  @Public()
  @Answers('Makes a thing.', { 201: Thing })
  make(@Body({ schema: z.strictObject({ as: z.enum(['said', 'more', 'less', 'status']) }) }) { as }: { as: string }) {
    if (as === 'said') return thing;
    if (as === 'status') return answer(thing, { status: 202 });
    return as === 'more' ? { ...thing, secret: 'x' } : { object: 'thing' };
  }

  @Patch(':thingId')
  @Requires('key:suspend')
  @Answers('Changes a thing.', { 200: Thing })
  change(@Param('thingId') _id: string, @IfMatch() _expected: number | undefined) {
    return thing;
  }
}

@Controller('v1/silent')
class SilentController {
  @Get()
  @Public()
  get() {
    return {};
  }
}

@Module({
  imports: [OpenApiModule.of({ title: 'Things', description: 'Of a spec.' })],
  controllers: [ThingsController, SilentController],
})
class App {}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await createService(App, { service: 'spec', port: 0, logger: silentLogger });
});
afterAll(() => app.close());

describe('the document of a service', () => {
  const documentOf = () => openApiDocument({ title: 't', description: 'd' }, routesIn(app.get(ModulesContainer)));

  it('is valid OpenAPI 3.1, and served to anybody', async () => {
    const { statusCode, body } = await app.inject('/openapi.json');
    expect(statusCode).toBe(200);
    expect((await new Validator().validate(JSON.parse(body))).errors ?? []).toEqual([]);
  });

  it('tells a route’s parameters, body, actions, and problems by its form', () => {
    const { paths, components } = JSON.parse(JSON.stringify(documentOf()));
    const { get, post } = paths['/v1/things'];
    expect(get.parameters).toEqual([
      { name: 'colour', in: 'query', required: false, schema: { type: 'string', enum: ['red'] } },
      { name: 'limit', in: 'query', required: false, schema: expect.objectContaining({ default: '5' }) },
    ]);
    expect(post.requestBody.content['application/json'].schema.additionalProperties).toBe(false);
    expect(Object.keys(post.responses)).toEqual(['201', '400', '409', '413', '415', '422', 'default']);
    const { patch } = paths['/v1/things/{thingId}'];
    expect(patch.security).toEqual([{ bearer: ['key:suspend'] }]);
    expect(patch.parameters).toContainEqual({ $ref: '#/components/parameters/IfMatch' });
    expect(Object.keys(patch.responses)).toEqual(expect.arrayContaining(['401', '403', '404', '412', '428', '503']));
    expect(components.schemas.Thing.properties.at).toEqual({ type: 'string', format: 'date-time' });
  });
});

describe('an answer', () => {
  const make = (as: string) => holdAnswers(app).inject({ method: 'POST', url: '/v1/things', payload: { as } });

  it('passes as it was declared, as a success and as a problem', async () => {
    expect((await make('said')).statusCode).toBe(201);
    expect((await make('nonsense')).statusCode).toBe(400);
    expect((await holdAnswers(app).inject('/v1/things')).statusCode).toBe(200);
    expect((await holdAnswers(app).inject('/nowhere')).statusCode).toBe(404);
  });

  it('with a field that is not declared is found, and so is one that lacks one', async () => {
    await expect(make('more')).rejects.toThrow(/POST \/v1\/things answered 201, and not as it says: .*secret/);
    await expect(make('less')).rejects.toThrow(/at: /);
  });

  it('of a route that declares none is found, and the route in the suite', async () => {
    await expect(holdAnswers(app).inject('/v1/silent')).rejects.toThrow('says with no @Answers');
    expect(undescribedRoutes(app)).toEqual(['GET /v1/silent (SilentController.get) has no @Answers']);
  });

  it('with a status that is not declared is found', async () => {
    await expect(make('status')).rejects.toThrow('answered 202, which it does not say');
  });

  it('to a write without If-Match is the 428 that the document tells of', async () => {
    const { statusCode } = await holdAnswers(app).inject({ method: 'PATCH', url: '/v1/things/x' });
    expect(statusCode).toBe(428);
  });
});
