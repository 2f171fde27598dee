import { builtInRoles, kindNames, type ResourceType } from '#libs/policy-language';
import type { Resource } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

/** Stands for what no document describes: keys, people, and whatever is made next. */
export const ANY_PATH = '*';

/**
 * The resources of a type that a snapshot knows: its models, and what its documents describe, in the order of their
 * paths. For all else there is one, `*`, which only patterns that reach everything of the type name.
 */
export function knownResources(snapshot: TenantSnapshot, type: ResourceType): readonly Resource[] {
  const known = described(snapshot, type).map(({ path, tenant }) => ({ type, path, tenant }));
  const all = type === 'model' ? known : [{ type, path: ANY_PATH }, ...known];
  return all.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

type Described = { readonly path: string; readonly tenant: string };

function described(snapshot: TenantSnapshot, type: ResourceType): readonly Described[] {
  switch (type) {
    case 'model':
      return snapshot.models.map(({ path, tenant }) => ({ path, tenant }));
    case 'prompt':
      return named(snapshot, 'Prompt');
    case 'route':
      return named(snapshot, 'Route');
    case 'limits':
      return named(snapshot, 'Limits');
    case 'provider-account':
      return named(snapshot, 'ProviderAccount');
    case 'mcp-server':
      return named(snapshot, 'McpServer');
    case 'tool':
    case 'mcp-resource':
      return named(snapshot, 'McpServer').map(({ path, tenant }) => ({ path: `${path}/${ANY_PATH}`, tenant }));
    case 'role':
      return [...builtInRoles.map(({ name }) => ({ path: name, tenant: snapshot.tenant })), ...named(snapshot, 'Role')];
    case 'policy':
      return kindNames.flatMap((kind) => {
        return named(snapshot, kind).map(({ path, tenant }) => ({ path: `${kind}/${path}`, tenant }));
      });
    default:
      return [];
  }
}

function named(snapshot: TenantSnapshot, kind: (typeof kindNames)[number]): readonly Described[] {
  return snapshot.documentsOf(kind).map(({ metadata: { name, tenant } }) => ({ path: name, tenant }));
}
