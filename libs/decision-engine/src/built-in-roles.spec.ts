import { actions, isAction, readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { compile, decide, listModels, type AccessRequest } from './index.js';

const roles = ['admin', 'manager', 'developer', 'analyst', 'viewer', 'auditor'] as const;
const document = (kind: string, name: string, spec: object, metadata: object = {}) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...metadata }, spec });
const model = (name: string, env: string) =>
  document('Model', name, { upstreamModel: 'm', types: ['chat'] }, { tags: { env } });

const snapshot = compile({
  tenant: 'acme',
  documents: [
    document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
    model('main/production', 'production'),
    model('main/staging', 'staging'),
    model('main/development', 'development'),
    model('main/named', 'production'),
    ...roles.map((role) => {
      const resources = role === 'analyst' ? { resources: ['model:main/named'] } : {};
      return document('RoleBinding', role, { subjects: [`user:${role}`], roles: [role], ...resources });
    }),
  ],
  platformDocuments: [],
  policyRevision: 1,
  platformRevision: 0,
});

const asking = (role: string, action: string, path: string, owner?: string): AccessRequest => ({
  principal: { id: role, kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} },
  action,
  resource: { type: isAction(action) ? actions[action].type : '', path, ...(owner === undefined ? {} : { owner }) },
  credential: { kind: 'pat' },
  request: { operation: action.startsWith('model:') ? 'chat' : 'admin', timeMs: 0 },
});
const holders = (action: string, path: string, owner?: (role: string) => string) =>
  roles.filter((role) => decide(snapshot, asking(role, action, path, owner?.(role))).allowed);
const own = (role: string) => role;
const others = () => 'someone-else';

describe('the table of built-in roles', () => {
  it.each([
    ['model:invoke', 'main/production', undefined, ['admin', 'manager']],
    ['model:invoke', 'main/staging', undefined, ['admin', 'manager', 'developer']],
    ['model:invoke', 'main/development', undefined, ['admin', 'manager', 'developer']],
    ['model:invoke', 'main/named', undefined, ['admin', 'manager', 'analyst']],
    ['model:list', 'main/production', undefined, ['admin', 'manager', 'viewer', 'auditor']],
    ['model:list', 'main/named', undefined, ['admin', 'manager', 'analyst', 'viewer', 'auditor']],
    ['key:create', 'new', own, ['admin', 'manager', 'developer']],
    ['key:rotate', 'k', own, ['admin', 'manager', 'developer']],
    ['key:revoke', 'k', own, ['admin', 'manager', 'developer']],
    ['key:read', 'k', own, ['admin', 'manager', 'developer', 'analyst', 'viewer']],
    ['key:read', 'k', others, ['admin', 'manager', 'auditor']],
    ['key:create', 'new', others, ['admin']],
    ['key:revoke', 'k', others, ['admin']],
    ['prompt:read', 'p', undefined, [...roles]],
    ['prompt:edit', 'p', undefined, ['admin', 'manager', 'developer']],
    ['prompt:promote', 'p', undefined, ['admin', 'manager']],
    ['route:read', 'r', undefined, [...roles]],
    ['route:deploy', 'r', undefined, ['admin', 'manager']],
    ['limits:read', 'l', undefined, [...roles]],
    ['limits:adjust', 'l', undefined, ['admin', 'manager']],
    ['policy:read', 'Role/x', undefined, ['admin', 'manager', 'developer', 'viewer', 'auditor']],
    ['policy:plan', 'Role/x', undefined, ['admin', 'manager']],
    ['policy:apply', 'Role/x', undefined, ['admin']],
    ['user:read', 'u', undefined, ['admin', 'manager', 'auditor']],
    ['user:suspend', 'u', undefined, ['admin']],
    ['team:edit', 't', undefined, ['admin']],
    ['team:suspend', 't', undefined, ['admin']],
    ['audit:read', 'decisions', others, ['admin', 'manager', 'viewer', 'auditor']],
    ['audit:read', 'decisions', own, [...roles]],
    ['audit:export', 'decisions', undefined, ['admin', 'auditor']],
    ['audit:contents', 'contents/x', own, ['admin']],
    ['tenant:delete', 'acme', undefined, []],
  ] as const)('%s on %s', (action, path, owner, expected) => {
    expect(holders(action, path, owner)).toEqual(expected);
  });

  it('is what listing shows: models that the caller may both list and invoke', () => {
    const listed = (role: string) => {
      const { principal, credential, request } = asking(role, 'model:list', '');
      return listModels(snapshot, { principal, credential, request }).map(({ name }) => name);
    };
    const all = ['main/development', 'main/named', 'main/production', 'main/staging'];
    expect(Object.fromEntries(roles.map((role) => [role, listed(role)]))).toEqual({
      admin: all,
      manager: all,
      developer: ['main/development', 'main/staging'],
      analyst: ['main/named'],
      viewer: [],
      auditor: [],
    });
  });
});
