import type { RoleStatement } from '../documents/statement.js';

/**
 * A statement of a built-in role. `binding` says what the `resources` of a role binding do to it: narrow it (when left
 * out), be what it reaches at all (`required`: without them it reaches nothing), or not concern it (`ignored`).
 */
export type BuiltInStatement = RoleStatement & { readonly binding?: 'required' | 'ignored' };

/** A role that every tenant has and no document can change. */
export type BuiltInRole = {
  readonly name: 'admin' | 'manager' | 'developer' | 'analyst' | 'viewer' | 'auditor';
  readonly sentence: string;
  readonly statements: readonly BuiltInStatement[];
};

const allow = (id: string, actions: string[], resources: string[], rest: Partial<BuiltInStatement> = {}) =>
  ({ id, effect: 'allow', actions, resources, ...rest }) satisfies BuiltInStatement;

const IS_OWN = { attr: 'resource.owner', eq: { ref: 'principal.id' } };
const IS_OTHERS = { attr: 'resource.owner', ne: { ref: 'principal.id' } };
const IS_FOR_DEVELOPMENT = { attr: 'resource.tags.env', in: ['staging', 'development'] };
const MODEL_USE = ['model:invoke', 'model:list'];
const ALL_MODELS = ['model:*/*'];
const KEYS = ['key:**'];

const ownKeys = (actions: string[]) => allow('own-keys', actions, KEYS, { when: [IS_OWN] });
const prompts = (...actions: string[]) => allow('prompts', actions, ['prompt:**']);
const routes = (...actions: string[]) => allow('routes', actions, ['route:**']);
const limits = (...actions: string[]) => allow('limits', actions, ['limits:**']);

const POLICY_TYPES = ['policy:**', 'role:**', 'provider-account:**', 'mcp-server:**', 'revision:**'];
const POLICY_READ = ['policy:read', 'role:read', 'provider-account:read', 'mcp-server:read', 'revision:read'];
const policy = (...more: string[]) => allow('policy', [...POLICY_READ, ...more], POLICY_TYPES);

const peopleRead = allow(
  'people',
  ['user:read', 'team:read', 'virtual-account:read', 'tenant:read'],
  ['user:**', 'team:**', 'virtual-account:**', 'tenant:**'],
);

const AUDIT_TYPES = ['audit:**', 'alert:**', 'finding:**', 'review:**'];
const AUDIT_READ = ['audit:read', 'alert:read', 'finding:read', 'review:read'];
const ownAudit = allow('own-audit', ['audit:read'], ['audit:**'], { when: [IS_OWN] });

/** The built-in roles of every tenant, with one statement per column of their table. */
export const builtInRoles: readonly BuiltInRole[] = [
  {
    name: 'admin',
    sentence: 'Everything in the tenant.',
    statements: [
      allow('models', MODEL_USE, ALL_MODELS),
      allow('tools', ['tool:*', 'mcp-resource:*'], ['tool:**', 'mcp-resource:**']),
      allow('keys', ['key:*'], KEYS),
      prompts('prompt:*'),
      routes('route:*'),
      limits('limits:*'),
      allow('policy', ['policy:*', 'role:*', 'provider-account:*', 'mcp-server:*', 'revision:*'], POLICY_TYPES),
      allow(
        'people',
        [
          'user:*',
          'team:*',
          'virtual-account:*',
          'tenant:read',
          'session:*',
          'oauth-client:*',
          'identity-provider:*',
          'issuer:*',
        ],
        [
          'user:**',
          'team:**',
          'virtual-account:**',
          'tenant:**',
          'session:**',
          'oauth-client:**',
          'identity-provider:**',
          'issuer:**',
        ],
      ),
      allow('audit', ['audit:*', 'alert:*', 'finding:*', 'review:*'], AUDIT_TYPES),
    ],
  },
  {
    name: 'manager',
    sentence: 'Uses every model, and looks after prompts, routes and limits.',
    statements: [
      allow('models', MODEL_USE, ALL_MODELS),
      ownKeys(['key:*']),
      allow('keys', ['key:read'], KEYS),
      prompts('prompt:read', 'prompt:edit', 'prompt:promote'),
      routes('route:read', 'route:deploy'),
      limits('limits:read', 'limits:adjust'),
      policy('policy:plan'),
      peopleRead,
      allow('audit', AUDIT_READ, AUDIT_TYPES),
    ],
  },
  {
    name: 'developer',
    sentence: 'Uses models of staging and development, and edits prompts.',
    statements: [
      allow('models', MODEL_USE, ALL_MODELS, { when: [IS_FOR_DEVELOPMENT] }),
      ownKeys(['key:*']),
      prompts('prompt:read', 'prompt:edit'),
      routes('route:read'),
      limits('limits:read'),
      policy(),
      ownAudit,
    ],
  },
  {
    name: 'analyst',
    sentence: 'Uses the models that the binding names.',
    statements: [
      allow('models', MODEL_USE, ALL_MODELS, { binding: 'required' }),
      { ...ownKeys(['key:read']), binding: 'ignored' },
      { ...prompts('prompt:read'), binding: 'ignored' },
      { ...routes('route:read'), binding: 'ignored' },
      { ...limits('limits:read'), binding: 'ignored' },
      { ...ownAudit, binding: 'ignored' },
    ],
  },
  {
    name: 'viewer',
    sentence: 'Sees what there is.',
    statements: [
      allow('models', ['model:list'], ALL_MODELS),
      ownKeys(['key:read']),
      prompts('prompt:read'),
      routes('route:read'),
      limits('limits:read'),
      policy(),
      allow('audit', ['audit:read'], ['audit:**']),
    ],
  },
  {
    name: 'auditor',
    sentence: 'Sees everything but its own keys, and exports the record.',
    statements: [
      allow('models', ['model:list'], ALL_MODELS),
      allow('others-keys', ['key:read'], KEYS, { when: [IS_OTHERS] }),
      prompts('prompt:read'),
      routes('route:read'),
      limits('limits:read'),
      policy(),
      peopleRead,
      allow('audit', [...AUDIT_READ, 'audit:export'], AUDIT_TYPES),
    ],
  },
];
