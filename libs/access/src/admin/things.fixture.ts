import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Caller } from '../authentication/caller.js';
import { Access } from './access.js';
import { CallerParam, Public, Requires } from './decorators.js';

const IssueBody = z.strictObject({ name: z.string().max(8), tenant: z.string().optional() });
type Thing = { id: string; tenant: string; owner: string };
const things: Thing[] = [
  { id: 'key1', tenant: 'acme', owner: 'user_dev' },
  { id: 'key2', tenant: 'acme', owner: 'user_ada' },
  { id: 'foreign1', tenant: 'globex', owner: 'user_gil' },
];

/** What happened behind the guard. */
export const effects: string[] = [];

@Controller('v1/things')
export class ThingsController {
  constructor(private readonly access: Access) {}

  @Get()
  @Requires('key:read')
  list(@CallerParam() caller: Caller, @Query('tenant') named?: string) {
    const tenant = this.access.tenantOf(caller, named);
    const own = things.filter((thing) => thing.tenant === tenant);
    return this.access.visible(caller, 'key:read', own, resourceOf).map(({ id }) => id);
  }

  @Get(':id')
  @Requires('key:read')
  read(@CallerParam() caller: Caller, @Param('id') id: string) {
    const thing = this.find(caller, 'key:read', id);
    this.access.require(caller, 'key:read', resourceOf(thing));
    return thing;
  }

  @Post()
  @Requires('key:create')
  create(@CallerParam() caller: Caller, @Body({ schema: IssueBody }) body: z.output<typeof IssueBody>) {
    const tenant = this.access.tenantOf(caller, body.tenant);
    this.access.require(caller, 'key:create', { type: 'key', path: 'new', owner: caller.principalId, tenant });
    effects.push(`created ${body.name}`);
    return { secret: 'shown once', value: body.name };
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Requires('key:revoke')
  revoke(@CallerParam() caller: Caller, @Param('id') id: string) {
    this.access.require(caller, 'key:revoke', resourceOf(this.find(caller, 'key:revoke', id)));
    effects.push(`revoked ${id}`);
    return { id };
  }

  @Delete(':id')
  @Requires('key:create', 'key:revoke')
  replace(@CallerParam() caller: Caller, @Param('id') id: string) {
    const resource = resourceOf(this.find(caller, 'key:revoke', id));
    this.access.requireAll(caller, [
      { action: 'key:revoke', resource },
      { action: 'key:create', resource },
    ]);
    return { id };
  }

  private find(caller: Caller, action: string, id: string): Thing {
    const thing = things.find((each) => each.id === id);
    if (!thing) throw this.access.notFound(caller, action, { type: 'key', path: id });
    return thing;
  }
}

@Controller('v1/faulty')
export class FaultyController {
  constructor(private readonly access: Access) {}

  @Get('forgetful')
  @Requires('key:read')
  forgetful() {
    return { secret: 'what nobody authorised' };
  }

  @Get('undeclared')
  undeclared() {
    return {};
  }

  @Get('other-action')
  @Requires('key:read')
  otherAction(@CallerParam() caller: Caller) {
    this.access.require(caller, 'key:revoke', { type: 'key', path: 'x' });
    return {};
  }

  @Public()
  @Get('public')
  open() {
    return { open: true };
  }
}

function resourceOf({ id, tenant, owner }: Thing) {
  return { type: 'key', path: id, tenant, owner };
}
