import { actionNames, actions, PLATFORM, type ResourceType } from '#libs/policy-language';
import type { ResourceView } from '../conditions/resource-view.js';

/** Types of what the platform shares with every tenant, to be read and used there, and changed by operators alone. */
const SHARED_TYPES: ReadonlySet<ResourceType> = new Set<ResourceType>([
  'tool',
  'mcp-resource',
  'mcp-server',
  'prompt',
  'route',
  'limits',
  'role',
  'policy',
  'provider-account',
]);

const SHARED = actionNames.map((name) => {
  const { type, use } = actions[name];
  return SHARED_TYPES.has(type) && (use !== 'admin' || name.endsWith(':read'));
});

/** Whether a resource is the tenant's own, or of what the platform shares and the action leaves as it is. */
export function isWithin(tenant: string, action: number, resource: ResourceView): boolean {
  return resource.tenant === tenant || (resource.tenant === PLATFORM && SHARED[action] === true);
}
