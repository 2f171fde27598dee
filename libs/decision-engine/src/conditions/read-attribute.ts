import type { AttributeName } from '#libs/policy-language';
import type { AccessRequest } from '../request.js';
import type { ResourceView } from './resource-view.js';

/** Labels and the like are data of others: a key such as `constructor` must find nothing but what was put there. */
function own(pairs: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return pairs !== undefined && Object.hasOwn(pairs, key) ? pairs[key] : undefined;
}

/** The value of an attribute that holds one text; undefined when it is missing. */
export function readText(
  name: AttributeName,
  key: string,
  { principal, credential, request }: AccessRequest,
  resource: ResourceView,
): string | undefined {
  switch (name) {
    case 'resource.tags.*':
      return own(resource.tags, key);
    case 'resource.name':
      return resource.name;
    case 'resource.provider':
      return resource.provider;
    case 'resource.owner':
      return resource.owner;
    case 'resource.team':
      return resource.team;
    case 'resource.tenant':
      return resource.tenant;
    case 'principal.id':
      return principal.id;
    case 'principal.kind':
      return principal.kind;
    case 'principal.tenant':
      return principal.tenant;
    case 'principal.labels.*':
      return own(principal.labels, key);
    case 'request.operation':
      return request.operation;
    case 'request.metadata.*':
      return own(request.metadata, key);
    case 'request.ip':
      return request.ip;
    case 'credential.kind':
      return credential.kind;
    case 'credential.labels.*':
      return own(credential.labels, key);
    default:
      return undefined;
  }
}

/** The value of an attribute that holds several texts; undefined when it is missing. */
export function readTexts(
  name: AttributeName,
  { principal }: AccessRequest,
  resource: ResourceView,
): readonly string[] | undefined {
  switch (name) {
    case 'principal.teams':
      return principal.teams;
    case 'principal.groups':
      return principal.groups;
    case 'resource.types':
      return resource.types;
    default:
      return undefined;
  }
}

/** The value of an attribute that holds a number or a point in time; undefined when it is missing or no number. */
export function readNumber(name: AttributeName, { credential, request }: AccessRequest): number | undefined {
  const value =
    name === 'request.time' ? request.timeMs : name === 'credential.ageDays' ? credential.ageDays : undefined;
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
