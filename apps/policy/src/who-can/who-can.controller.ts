import { Access, CallerParam, IdentityView, PolicyView, Requires, type Caller } from '#libs/access';
import { whoCan, type Holder } from '#libs/decision-engine';
import { decodeCursor, encodeCursor, problem, refusal } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { actions, isAction } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { TenantScope } from '../apply/tenant-scope.js';
import { enginePrincipal } from '../explain/subject-principal.js';
import { askedQuery, circumstancesOf, EXAMINED_MAX } from './asked-query.js';
import { activePrincipals } from './known-principals.js';
import { ShownHolder } from './who-can-answers.js';

const WhoCanQuery = z.strictObject({
  ...askedQuery,
  action: z.string().refine(isAction, 'there is no such action'),
  /** `<type>:<path>`, e.g. `model:openai-main/gpt-4`. */
  resource: z
    .string()
    .regex(/^[a-z-]+:.+$/, '<type>:<path>')
    .max(300),
});
type WhoCanQuery = z.output<typeof WhoCanQuery>;

/** Who of a tenant's active principals may do something now, by their own reach and whatever their keys are narrowed to. */
@Controller('v1/who-can')
export class WhoCanController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly identity: IdentityView,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('policy:read')
  @Answers('Lists who may do something.', { 200: listOf(ShownHolder) })
  list(@CallerParam() caller: Caller, @Query({ schema: WhoCanQuery }) query: WhoCanQuery) {
    const tenantId = this.scope.of(caller, 'policy:read', query.tenant);
    this.access.require(caller, 'policy:read', { type: 'policy', path: '*', tenant: tenantId });
    const snapshot = this.policy.snapshot(tenantId);
    if (!snapshot) throw refusal('not_ready', 'The policy of this tenant is not known here yet.');
    const { action, limit, after } = query;
    const from = after === undefined ? '' : String(decodeCursor(after, 1)[0]);
    const candidates = activePrincipals(this.identity, tenantId, from).map(enginePrincipal);
    const question = { action, resource: resourceOf(query), request: circumstancesOf(query, this.clock.nowMs()) };
    const { found, last } = whoCan(snapshot, candidates, question, { limit, examinedMax: EXAMINED_MAX });
    // Policy tells who may do what; who people are is told to whoever may see people.
    const seesPeople = this.access.allowed(caller, 'user:read', { type: 'user', path: '*', tenant: tenantId });
    return {
      object: 'list',
      data: found.map((holder) => this.shown(holder, seesPeople)),
      has_more: last !== undefined,
      ...(last && { next_cursor: encodeCursor([last.id]) }),
    };
  }

  private shown({ principal: { id, kind }, statements }: Holder, seesPeople: boolean) {
    const record = this.identity.principal(id);
    const name = kind === 'user' ? (seesPeople ? record?.email : undefined) : record?.name;
    return { object: 'holder', subject: `${kind}:${name ?? id}`, principal: id, statements };
  }
}

function resourceOf({ action, resource }: WhoCanQuery) {
  const colon = resource.indexOf(':');
  const [type, path] = [resource.slice(0, colon), resource.slice(colon + 1)];
  const wanted = isAction(action) ? actions[action].type : undefined;
  if (type !== wanted) {
    const detail = `${action} is about resources of type ${wanted}: ${wanted}:<path>.`;
    throw problem(400, 'invalid_request', 'The resource is not of the type that the action is about.', [
      { parameter: 'resource', detail },
    ]);
  }
  return { type, path };
}
