import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { OWN_ISSUER_ID, PLATFORM_TENANT } from '#libs/contracts';
import { Answers } from '#libs/openapi';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { Writes } from '../writes.js';
import { listAnswers, rotationAnswers } from './signing-key-answers.js';
import { SigningKeys, type PublishedKey } from './signing-keys.js';

const RotateBody = z.strictObject({
  /** The present key may be in other hands: it and every token of it end now. */
  compromised: z.boolean().default(false),
});

const ownIssuer = { type: 'issuer', path: OWN_ISSUER_ID, tenant: PLATFORM_TENANT };

@Controller('v1/signing-keys')
export class SigningKeysController {
  constructor(
    private readonly access: Access,
    private readonly keys: SigningKeys,
    private readonly writes: Writes,
  ) {}

  @Get()
  @Requires('issuer:read')
  @Answers('Lists the keys that our tokens are signed with.', listAnswers)
  list(@CallerParam() caller: Caller) {
    this.access.require(caller, 'issuer:read', ownIssuer);
    return { object: 'list', data: this.keys.published().map(shown), has_more: false };
  }

  @Post('rotate')
  @HttpCode(200)
  @Requires('issuer:edit')
  @Answers('Begins to sign with a new key.', rotationAnswers)
  async rotate(
    @CallerParam() caller: Caller,
    @Body({ schema: RotateBody }) { compromised }: z.output<typeof RotateBody>,
  ) {
    this.access.require(caller, 'issuer:edit', ownIssuer);
    const { isPublished, position } = await this.keys.rotate(compromised ? 'compromised' : 'soon');
    const propagation = isPublished ? 'published' : 'pending';
    const body = { object: 'list', data: this.keys.published().map(shown), has_more: false, propagation };
    return this.writes.answer(body, { position }, { status: isPublished ? 200 : 202 });
  }
}

function shown({ kid, status, createdAtMs, signsFromMs, publishedUntilMs }: PublishedKey) {
  return {
    object: 'signing_key',
    id: kid,
    algorithm: 'ES256',
    status,
    created_at: new Date(createdAtMs).toISOString(),
    signs_from: new Date(signsFromMs).toISOString(),
    published_until: publishedUntilMs && new Date(publishedUntilMs).toISOString(),
  };
}
