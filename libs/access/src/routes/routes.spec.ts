import { IfMatch } from '#libs/http';
import { Controller, Delete, Get, Param, Patch } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { Access } from '../admin/access.js';
import { CallerParam, Requires } from '../admin/decorators.js';
import type { Caller } from '../authentication/caller.js';
import { keys, populated, send, service } from '../admin/service.fixture.js';
import { FaultyController, ThingsController } from '../admin/things.fixture.js';
import { crossTenantFindings } from './cross-tenant-findings.js';
import { listRoutes } from './list-routes.js';
import { unconditionalWrites } from './unconditional-writes.js';
import { undeclaredRoutes } from './undeclared-routes.js';

/** Authorises the text that was sent in place of the thing that it means, and answers another tenant's. */
@Controller('v1/leaks')
class LeakyController {
  constructor(private readonly access: Access) {}

  @Get(':id')
  @Requires('key:read')
  leak(@Param('id') id: string, @CallerParam() caller: Caller) {
    this.access.require(caller, 'key:read', { type: 'key', path: id });
    return { id, owner: 'Globex Corporation' };
  }
}

/** One write that insists on a version, and one that loses what it did not see. */
@Controller('v1/versions')
class VersionsController {
  @Patch(':id')
  @Requires('key:suspend')
  change(@IfMatch() expected: number | undefined) {
    return { expected };
  }

  @Delete(':id')
  @Requires('key:revoke')
  remove(@Param('id') id: string) {
    return { id };
  }
}

let running: Awaited<ReturnType<typeof service>>;
afterEach(() => running.close());
const foreign = {
  tenantId: 'globex',
  ids: { id: ['foreign1'] },
  names: ['Globex Corporation', 'gil@globex.example', 'user_gil'],
  bodies: { 'POST /v1/things': { name: 'x', tenant: 'globex' }, 'POST /v1/things/:id/revoke': {} },
};

describe('every route', () => {
  it('is listed with what it declares', async () => {
    running = await service([ThingsController, FaultyController]);
    const routes = listRoutes(running.app);
    expect(routes).toHaveLength(10);
    expect(routes).toContainEqual({
      method: 'POST',
      path: '/v1/things/:id/revoke',
      controller: 'ThingsController',
      handler: 'revoke',
      actions: ['key:revoke'],
      isPublic: false,
      isConditional: false,
      type: ThingsController,
      declaration: ThingsController.prototype.revoke,
    });
  });

  it('without a declaration is found, wherever it was registered', async () => {
    running = await service([ThingsController]);
    expect(undeclaredRoutes(running.app)).toEqual([]);
    await running.close();
    running = await service([ThingsController, FaultyController]);
    expect(undeclaredRoutes(running.app)).toEqual([
      'GET /v1/faulty/undeclared (FaultyController.undeclared) declares neither @Requires nor @Public',
    ]);
  });

  it('that stands before the framework is found, unless it is known to record for itself', async () => {
    running = await service([ThingsController], {}, (server) => void server.get('/raw', () => 'raw'));
    expect(undeclaredRoutes(running.app)).toEqual([
      'GET /raw stands before the framework and is in no list',
      'HEAD /raw stands before the framework and is in no list',
    ]);
    expect(undeclaredRoutes(running.app, ['/raw'])).toEqual([]);
  });

  it('without a declaration is refused, should it be called all the same', async () => {
    running = await service([FaultyController]);
    await populated(running);
    expect(await send(running.app, 'ada', 'GET /v1/faulty/undeclared')).toMatchObject({ status: 500 });
    expect(running.records).toMatchObject([{ outcome: 'deny', reason: 'internal_error', http_status: 500 }]);
  });

  it('whose handler never asked is not answered', async () => {
    running = await service([FaultyController]);
    await populated(running);
    const answer = await send(running.app, 'ada', 'GET /v1/faulty/forgetful');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('what nobody authorised');
    expect(running.records).toMatchObject([{ decision_id: answer.id, outcome: 'deny', reason: 'internal_error' }]);
  });

  it('whose handler asks for what it does not declare is not answered', async () => {
    running = await service([FaultyController]);
    await populated(running);
    expect(await send(running.app, 'ada', 'GET /v1/faulty/other-action')).toMatchObject({ status: 500 });
    expect(running.records).toHaveLength(1);
  });

  it('that is public decides nothing', async () => {
    running = await service([FaultyController]);
    expect(await send(running.app, undefined, 'GET /v1/faulty/public')).toMatchObject({ status: 200, id: undefined });
    expect(running.records).toEqual([]);
  });
});

describe('a write of what has a version', () => {
  it('that takes no If-Match is found, unless it is known to need none', async () => {
    running = await service([VersionsController]);
    expect(unconditionalWrites(running.app)).toEqual(['DELETE /v1/versions/:id takes no If-Match']);
    expect(unconditionalWrites(running.app, ['DELETE /v1/versions/:id'])).toEqual([]);
  });

  it('that needs none any more is found in the list of those', async () => {
    running = await service([VersionsController]);
    const known = ['DELETE /v1/versions/:id', 'PATCH /v1/versions/:id'];
    expect(unconditionalWrites(running.app, known)).toEqual(['PATCH /v1/versions/:id is listed, and need not be']);
  });
});

describe('another tenant', () => {
  it('is out of reach on every route', async () => {
    running = await service([ThingsController]);
    await populated(running);
    expect(await crossTenantFindings(running.app, keys.ada.text, foreign)).toEqual([]);
  });

  it('that shows is found by status and name, and so is a parameter without an id', async () => {
    running = await service([LeakyController]);
    await populated(running);
    expect(await crossTenantFindings(running.app, keys.ada.text, foreign)).toEqual([
      'GET /v1/leaks/foreign1: the answer shows "Globex Corporation"',
      'GET /v1/leaks/foreign1: 200',
    ]);
    expect(await crossTenantFindings(running.app, keys.ada.text, { ...foreign, ids: {} })).toEqual([
      'GET /v1/leaks/:id: no id is given for its parameters',
    ]);
  });
});
