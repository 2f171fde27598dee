import { DECISION_ID_HEADER, Public } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { OAuthDecisions, type OAuthDecision } from '../oauth-decisions.js';
import { oauthRequestOf } from '../oauth-requests.js';
import { LoginSessions } from '../../sessions/login-sessions.js';
import { consentPage } from './consent-page.js';
import { Consent, offerOf } from './consent.js';
import { errorPage } from './error-page.js';
import { loginPage } from './login-page.js';
import { Login, type LoginVerdict } from './login.js';
import { pageHeaders } from './page.js';
import { PendingRequests, type Pending } from './pending.js';

const csrf = z.string().max(128);
const several = z.union([z.string(), z.array(z.string()).max(100)]).transform((value) => [value].flat());
const LoginForm = z.strictObject({ csrf, email: z.string().max(254), password: z.string().max(256) });
const ConsentForm = z.strictObject({ csrf, scope: several.optional(), detail: several.optional() });
const AbortForm = z.strictObject({ csrf });

const Markup = z.string();
const html = { contentType: 'text/html' };
/** A form that browsers send; where something is wrong with it, the answer is a page, too. */
const sent = (form: z.ZodType) => ({ ...html, takes: { 'application/x-www-form-urlencoded': form } });

/** The pages of an authorization request: plain forms, that need no script. */
@Public()
@Controller('oauth2/interaction/:uid')
export class InteractionsController {
  constructor(
    private readonly requests: PendingRequests,
    private readonly login: Login,
    private readonly consent: Consent,
    private readonly sessions: LoginSessions,
    private readonly decisions: OAuthDecisions,
  ) {}

  @Get()
  @Answers('Shows the page that an authorization request waits at.', { 200: Markup, 400: Markup }, html)
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('uid') uid: string) {
    const pending = await this.requests.find(request, reply, uid);
    if (!pending) return gone(reply);
    return pending.prompt === 'login' ? showLogin(reply, pending) : showConsent(reply, pending);
  }

  @Post('login')
  @Answers(
    'Logs in by e-mail address and password.',
    { 303: null, 400: Markup, 401: Markup, 429: Markup },
    sent(LoginForm),
  )
  async logIn(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('uid') uid: string,
    @Body({ schema: LoginForm }) form: z.output<typeof LoginForm>,
  ) {
    const pending = await this.requests.findSent(request, reply, uid, form.csrf);
    if (pending?.prompt !== 'login') return gone(reply);
    const { tenantId } = pending.client;
    const attempt = { tenantId, email: form.email.trim(), password: form.password, address: request.ip };
    const judged = await this.login.judge(attempt);
    if (judged.verdict !== 'right') return this.refuse(request, reply, pending, form.email, judged);
    const { accountId } = judged;
    this.decide(request, reply, pending, { ...allowed, what: 'login', principalId: accountId });
    // Whoever was logged in before is logged out: a browser stands for one person at a time.
    if (pending.interaction.session && pending.interaction.session.accountId !== accountId) {
      await this.sessions.leave(pending.interaction);
    }
    return onward(reply, await this.requests.finish(request, reply, { login: { accountId, amr: ['pwd'] } }));
  }

  @Post('consent')
  @Answers('Allows what was ticked.', { 303: null, 400: Markup }, sent(ConsentForm))
  async allow(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('uid') uid: string,
    @Body({ schema: ConsentForm }) form: z.output<typeof ConsentForm>,
  ) {
    const pending = await this.requests.findSent(request, reply, uid, form.csrf);
    const accountId = pending?.interaction.session?.accountId;
    if (pending?.prompt !== 'consent' || accountId === undefined) return gone(reply);
    const ticked = { scopes: form.scope ?? [], details: (form.detail ?? []).map(Number) };
    const scopes = offerOf(pending).scopes.filter((scope) => ticked.scopes.includes(scope));
    const attributes = { 'oauth.scope': scopes.join(' ') };
    this.decide(request, reply, pending, { ...allowed, what: 'consent', principalId: accountId, attributes });
    const grantId = await this.consent.give(pending, accountId, ticked);
    if (grantId === undefined) return this.refused(request, reply, pending);
    return onward(reply, await this.requests.finish(request, reply, { consent: { grantId } }));
  }

  @Post('abort')
  @Answers('Refuses the request.', { 303: null, 400: Markup }, sent(AbortForm))
  async abort(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('uid') uid: string,
    @Body({ schema: AbortForm }) form: z.output<typeof AbortForm>,
  ) {
    const pending = await this.requests.findSent(request, reply, uid, form.csrf);
    return pending ? this.refused(request, reply, pending) : gone(reply);
  }

  private refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    pending: Pending,
    email: string,
    { verdict }: Exclude<LoginVerdict, { verdict: 'right' }>,
  ) {
    const isWrong = verdict === 'wrong';
    const status = isWrong ? 401 : 429;
    const reason = isWrong ? 'login_failed' : 'login_throttled';
    this.decide(request, reply, pending, { outcome: 'deny', code: reason, reason, status, what: 'login' });
    if (!isWrong) void reply.header('retry-after', verdict.retryAfterSeconds);
    const failure = isWrong
      ? 'The e-mail address or the password is wrong.'
      : 'Too many tries. Wait a little, and try again.';
    return showLogin(reply, pending, { status, email, failure });
  }

  private async refused(request: FastifyRequest, reply: FastifyReply, pending: Pending) {
    const principalId = pending.interaction.session?.accountId;
    const refusal = { outcome: 'deny', code: 'access_denied', reason: 'consent_refused', status: 303 } as const;
    this.decide(request, reply, pending, { ...refusal, what: 'consent', principalId });
    const error = { error: 'access_denied', error_description: 'the request was refused' };
    return onward(reply, await this.requests.finish(request, reply, error));
  }

  private decide(request: FastifyRequest, reply: FastifyReply, { client }: Pending, decision: OAuthDecision): void {
    const known = oauthRequestOf(request);
    this.decisions.record(known, { ...decision, tenantId: client.tenantId, clientId: client.id });
    void reply.header(DECISION_ID_HEADER, known.decisionId);
  }
}

const allowed = { outcome: 'allow', code: '', reason: 'granted', status: 303 } as const;

type Tried = { readonly status: number; readonly email: string; readonly failure: string };

function showLogin(reply: FastifyReply, pending: Pending, tried?: Tried) {
  const { action, token, clientName, redirectUri } = pending;
  const body = loginPage({ action, token, clientName, email: tried?.email ?? '', failure: tried?.failure });
  return reply
    .status(tried?.status ?? 200)
    .headers({ ...pageHeaders(redirectUri) })
    .send(body);
}

function showConsent(reply: FastifyReply, pending: Pending) {
  return reply.headers({ ...pageHeaders(pending.redirectUri) }).send(consentPage({ ...pending, ...offerOf(pending) }));
}

/** The same whatever is missing: cookie, form's token, interaction or client. */
function gone(reply: FastifyReply) {
  const body = errorPage({ error: 'session_expired' });
  return reply
    .status(400)
    .headers({ ...pageHeaders() })
    .send(body);
}

const onward = (reply: FastifyReply, location: string) =>
  reply.status(303).header('location', location).header('cache-control', 'no-store').send();
