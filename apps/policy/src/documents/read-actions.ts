import type { Action, Kind } from '#libs/policy-language';

/** What reading a document of each kind needs. */
export const readActions: Readonly<Record<Kind, Action>> = {
  ProviderAccount: 'provider-account:read',
  Model: 'model:list',
  Role: 'role:read',
  RoleBinding: 'role:read',
  Boundary: 'policy:read',
  Limits: 'limits:read',
  Route: 'route:read',
  KeyPolicy: 'policy:read',
  Prompt: 'prompt:read',
  McpServer: 'mcp-server:read',
  TenantSettings: 'policy:read',
};
