import { ENVIRONMENT_TAG, networkHolds, readIp } from '#libs/policy-language';
import type { ResourceView } from '../conditions/resource-view.js';
import type { DecisionCode, Reason } from '../decision.js';
import type { AccessRequest } from '../request.js';
import { useOf } from '../statements/action-ids.js';
import { allows, reachesPath } from '../statements/row.js';
import type { CompiledRestrictions } from './compiled-restrictions.js';

/** Why a credential does not carry a request. */
export type CredentialRefusal = { readonly code: DecisionCode; readonly reason: Reason };

const scope: CredentialRefusal = { code: 'insufficient_scope', reason: 'insufficient_scope' };
const address: CredentialRefusal = { code: 'ip_not_allowed', reason: 'ip_restriction' };
const model: CredentialRefusal = { code: 'model_not_allowed', reason: 'credential_restriction' };
const environment: CredentialRefusal = { code: 'environment_not_allowed', reason: 'credential_restriction' };
const action: CredentialRefusal = { code: 'action_not_allowed', reason: 'credential_restriction' };

/** What does not depend on the resource, and so tells the caller nothing about it: it is checked first. */
export function checkBeforeResource(actionId: number, request: AccessRequest): CredentialRefusal | undefined {
  const { kind, scopes, restrictions, details } = request.credential;
  if (kind === 'svc' && useOf(actionId) === 'data') return action;
  if (scopes !== undefined && !scopes.includes(request.action)) return scope;
  return checkSender(restrictions, request) ?? checkSender(details, request);
}

function checkSender(
  restrictions: CompiledRestrictions | undefined,
  { request }: AccessRequest,
): CredentialRefusal | undefined {
  if (restrictions === undefined) return undefined;
  if (restrictions.unreadable) return action;
  return restrictions.networks && !isFrom(restrictions.networks, request.ip) ? address : undefined;
}

function isFrom(networks: NonNullable<CompiledRestrictions['networks']>, ip: string | undefined): boolean {
  const bytes = ip === undefined ? undefined : readIp(ip);
  return bytes !== undefined && networks.some((network) => networkHolds(network, bytes));
}

/**
 * What narrows the owner's reach, once the owner is known to have it. A key that is narrowed to models, accounts or
 * environments is for calling them: it administers nothing, or it could mint itself a wider one.
 */
export function checkOnResource(
  actionId: number,
  request: AccessRequest,
  resource: ResourceView,
): CredentialRefusal | undefined {
  const { restrictions, details } = request.credential;
  return (
    checkNarrowing(restrictions, actionId, request, resource) ?? checkNarrowing(details, actionId, request, resource)
  );
}

function checkNarrowing(
  restrictions: CompiledRestrictions | undefined,
  actionId: number,
  request: AccessRequest,
  resource: ResourceView,
): CredentialRefusal | undefined {
  if (restrictions === undefined) return undefined;
  const { models, accounts, environments, operations, statements } = restrictions;
  if ((models ?? accounts ?? environments) !== undefined && useOf(actionId) === 'admin') return action;
  if (resource.type === 'model') {
    const account = resource.path.slice(0, resource.path.indexOf('/'));
    if (models && !models.some((glob) => glob.matches(resource.path))) return model;
    if (accounts && !accounts.some((glob) => glob.matches(account))) return model;
  }
  if (environments && !isIn(environments, resource)) return environment;
  if (operations && !operations.has(request.request.operation)) return action;
  return statements && checkStatements(statements, actionId, request, resource);
}

function isIn(environments: ReadonlySet<string>, { tags }: ResourceView): boolean {
  const tag = Object.hasOwn(tags, ENVIRONMENT_TAG) ? tags[ENVIRONMENT_TAG] : undefined;
  return tag !== undefined && environments.has(tag);
}

function checkStatements(
  statements: NonNullable<CompiledRestrictions['statements']>,
  actionId: number,
  request: AccessRequest,
  resource: ResourceView,
): CredentialRefusal | undefined {
  let isReached = false;
  for (const statement of statements) {
    if (!reachesPath(statement.reach, resource)) continue;
    isReached = true;
    if (statement.actions.has(actionId) && allows(statement.conditions, request, resource)) return undefined;
  }
  return resource.type === 'model' && !isReached ? model : action;
}
