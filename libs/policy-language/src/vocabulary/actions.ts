import type { ResourceType } from './resource-types.js';

/**
 * What one action means. `use`: a `data` action is what applications do all day and operators never hold; an `admin`
 * action runs the system, and is out of reach for a key that is narrowed to some models, accounts or environments;
 * `both` is needed on either side. `operatorOnly`: no document can grant it.
 */
export type ActionDeclaration = {
  readonly type: ResourceType;
  readonly sentence: string;
  readonly use: 'data' | 'admin' | 'both';
  readonly operatorOnly?: true;
};

type Verbs = Record<string, string>;
type Declared<Type extends ResourceType, V extends Verbs> = {
  [K in keyof V & string as `${Type}:${K}`]: ActionDeclaration;
};

function declare<const Type extends ResourceType, const V extends Verbs>(
  type: Type,
  verbs: V,
  rest: Pick<ActionDeclaration, 'operatorOnly'> & { use?: 'data' | 'both' } = {},
) {
  const entries = Object.entries(verbs).map(([verb, sentence]) => {
    const declaration: ActionDeclaration = { use: 'admin', ...rest, type, sentence };
    return [`${type}:${verb}`, declaration] as const;
  });
  return Object.fromEntries(entries) as Record<string, ActionDeclaration> as Declared<Type, V>;
}

/** Every action, declared once. An action that is not here is an error in a document and denied in a request. */
export const actions = {
  ...declare('model', { invoke: 'Send a request to a model.' }, { use: 'data' }),
  ...declare('model', { list: 'See that a model exists, with its tags and price.' }, { use: 'both' }),
  ...declare('tool', { call: 'Call a tool of an MCP server.' }, { use: 'data' }),
  ...declare('mcp-resource', { read: 'Read a resource of an MCP server.' }, { use: 'data' }),
  ...declare('prompt', { read: 'Read a prompt template and use it.' }, { use: 'both' }),
  ...declare('prompt', {
    edit: 'Create, change and delete prompt templates.',
    promote: 'Promote a prompt template to production, as the second person.',
  }),
  ...declare('route', { read: 'Read a route and use it.' }, { use: 'both' }),
  ...declare('route', { deploy: 'Create, change, delete and deploy routes.' }),
  ...declare('limits', {
    read: 'Read limits and budgets and how much of them is used.',
    adjust: 'Create, change and delete limits and budgets.',
  }),
  ...declare('key', {
    create: 'Issue a key for its owner.',
    read: 'See that a key exists, with everything but its text.',
    rotate: 'Give a key a new text.',
    revoke: 'End a key for good.',
    suspend: 'Stop a key for a while, and let it go on.',
  }),
  ...declare('user', {
    create: 'Register or invite a user.',
    read: 'See users and what they belong to.',
    edit: 'Change a user and their labels.',
    suspend: 'Stop a user and all of their credentials, and let them go on.',
    delete: 'Delete a user.',
  }),
  ...declare('team', {
    create: 'Create a team.',
    read: 'See teams and their members.',
    edit: 'Change a team and its members.',
    suspend: 'Stop a team and every credential of the virtual accounts that it owns, and let it go on.',
    delete: 'Delete a team, and stop the virtual accounts that it owns.',
  }),
  ...declare('virtual-account', {
    create: 'Create a virtual account.',
    read: 'See virtual accounts.',
    edit: 'Change a virtual account and its labels.',
    suspend: 'Stop a virtual account and all of its keys, and let it go on.',
    delete: 'Delete a virtual account.',
  }),
  ...declare('tenant', { read: 'Read the own tenant.' }),
  ...declare(
    'tenant',
    {
      create: 'Create a tenant.',
      edit: 'Set the labels of a tenant.',
      suspend: 'Stop a tenant and all of its credentials, and let it go on.',
      delete: 'Delete a tenant with its keys.',
    },
    { operatorOnly: true },
  ),
  ...declare('role', { read: 'Read roles and bindings.' }),
  ...declare('policy', {
    read: 'Read policy documents and explanations.',
    plan: 'See what a bundle would change.',
    apply: 'Change policy documents, and roll back to a revision.',
  }),
  ...declare('provider-account', {
    read: 'Read the address of an upstream account; never its credential.',
    edit: 'Set the credential of an upstream account.',
  }),
  ...declare('mcp-server', {
    read: 'Read the address of an MCP server; never its credential.',
    edit: 'Set the credential of an MCP server.',
  }),
  ...declare('oauth-client', {
    create: 'Register an OAuth client.',
    read: 'See OAuth clients and consents.',
    edit: 'Change an OAuth client.',
    revoke: 'End an OAuth client or a consent.',
  }),
  ...declare('identity-provider', {
    read: 'Read connections to identity providers.',
    edit: 'Create, change and delete connections to identity providers.',
  }),
  ...declare('issuer', {
    read: 'Read which token issuers are trusted.',
    edit: 'Trust a token issuer, and change what its tokens may act as.',
    revoke: 'Stop trusting a token issuer, for a while or for good.',
  }),
  ...declare('session', { read: 'See sessions.', revoke: 'End a session.' }),
  ...declare('alert', {
    read: 'Read alerts and their rules.',
    edit: 'Change alert rules, acknowledge and close alerts.',
  }),
  ...declare('finding', { read: 'Read findings.', edit: 'Dismiss or reopen a finding.' }),
  ...declare('review', { read: 'Read access reviews.', edit: 'Start, decide and close access reviews.' }),
  ...declare('audit', {
    read: 'Query decisions, calls and changes.',
    export: 'Export decisions, calls and changes.',
    redrive: 'Send records again that could not be stored.',
    contents: 'Read prompts and answers that the tenant had kept, and change the keys that they are kept under.',
  }),
  ...declare('audit', { hold: 'Keep records from expiring, and let go of them.' }, { operatorOnly: true }),
  ...declare('revision', { read: 'See the revisions of the policy set and what they changed.' }),
};

/** `<type>:<verb>` of a declared action. */
export type Action = keyof typeof actions;

/** All actions, in the order of their declaration; the index of one is its dense id within this version of the engine. */
export const actionNames = Object.keys(actions) as readonly Action[];

/** Whether `text` is a declared action. */
export const isAction = (text: string): text is Action => Object.hasOwn(actions, text);
