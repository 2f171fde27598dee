import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { problem } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { ShownContentKey } from './contents-answers.js';
import { ContentKeys } from './content-keys.js';
import { LegalHolds } from '../legal-holds/legal-holds.js';
import type { HeldKey } from './key-ring.projection.js';

const ACTION = 'audit:contents';
const Nothing = z.strictObject({});
const NoBody = Nothing.nullish();

/** The keys that a tenant's prompts and answers are kept under: a new one, and the end of one with all that it opens. */
@Controller('v1/content-keys')
export class ContentKeysController {
  constructor(
    private readonly access: Access,
    private readonly keys: ContentKeys,
    private readonly holds: LegalHolds,
  ) {}

  /** All of them: former ones go by themselves once nothing is kept that was written for them. */
  @Get()
  @Requires(ACTION)
  @Answers('Lists the keys that prompts and answers are kept under, newest first.', { 200: listOf(ShownContentKey) })
  async list(@CallerParam() caller: Caller, @Query({ schema: Nothing }) _query: z.output<typeof Nothing>) {
    this.require(caller, '*');
    const { keys } = await this.keys.ring();
    const own = [...keys.values()].filter(({ tenantId }) => tenantId === caller.tenantId);
    return { object: 'list', data: own.toReversed().map(shownKey), has_more: false };
  }

  /** Calls from now on are kept under it, as soon as gateways have heard of it; what is stored stays as it is. */
  @Post()
  @HttpCode(201)
  @Requires(ACTION)
  @Answers('Makes a new key to keep prompts and answers under.', { 201: ShownContentKey })
  async create(@CallerParam() caller: Caller, @Body({ schema: NoBody }) _body: z.output<typeof NoBody>) {
    this.require(caller, '*');
    return shownKey(await this.keys.create(caller.tenantId, contextOf(caller)));
  }

  /** There is no way back. A tenant that goes on keeping them has a new key within seconds. */
  @Delete(':keyId')
  @HttpCode(204)
  @Requires(ACTION)
  @Answers('Ends a key, and with it everything that was kept under it.', { 204: null }, { problems: [409] })
  async delete(@CallerParam() caller: Caller, @Param('keyId') id: string): Promise<void> {
    const key = caller.operator ? undefined : (await this.keys.ring()).keys.get(id);
    if (key?.tenantId !== caller.tenantId) throw this.missing(caller, id);
    this.require(caller, id);
    if ((await this.holds.inForce()).has(caller.tenantId)) {
      throw problem(409, 'content-key/held', 'The record of this tenant is held: nothing of it may go.');
    }
    await this.keys.delete(key, 'asked', contextOf(caller));
  }

  private require(caller: Caller, path: string): void {
    // They are the tenants', as what they open.
    if (caller.operator) throw this.missing(caller, path);
    this.access.require(caller, ACTION, resourceOf(caller, path));
  }

  private missing(caller: Caller, path: string): Error {
    return this.access.notFound(caller, ACTION, resourceOf(caller, path));
  }
}

const resourceOf = ({ tenantId: tenant }: Caller, path: string) => ({
  type: 'audit',
  path: `content-keys/${path}`,
  tenant,
});

const contextOf = ({ principalId: actor, requestId, decisionId }: Caller) => ({ actor, requestId, decisionId });

function shownKey({ keyId, tenantId, createdAt, supersededAt }: HeldKey): z.output<typeof ShownContentKey> {
  const status = supersededAt === null ? 'current' : 'former';
  const dates = { created_at: createdAt, superseded_at: supersededAt };
  return { object: 'content_key', id: keyId, tenant_id: tenantId, status, ...dates };
}
