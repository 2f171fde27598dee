import { DECISION_ID_HEADER, Public } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { publicRequest } from '../public-request.js';
import { ShownUser } from '../users/user-answers.js';
import { InvitationAcceptance } from './invitation-acceptance.js';
import { AcceptInvitationBody } from './invitation-bodies.js';

/** The one route for those who are nobody yet: the token is their credential, and it is in the body, so that no log of paths has it. */
@Public()
@Controller('v1/invitations/accept')
export class AcceptInvitationController {
  constructor(
    private readonly acceptance: InvitationAcceptance,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Answers(
    'Accepts an invitation: makes the user (201), or lets in who was registered before (200), with their password.',
    { 200: ShownUser, 201: ShownUser },
    { problems: [403, 404, 409, 422, 429, 503] },
  )
  async accept(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body({ schema: AcceptInvitationBody }) body: AcceptInvitationBody,
  ) {
    const asked = { ...publicRequest(request), atMs: this.clock.nowMs() };
    return this.acceptance.accept(asked, body, (decisionId) => void reply.header(DECISION_ID_HEADER, decisionId));
  }
}
