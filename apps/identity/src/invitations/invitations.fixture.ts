import { randomInt } from 'node:crypto';
import { Identity, type Answer } from '../identity.fixture.js';

export const password = 'correct horse battery';
export const codeOf = ({ status, body }: Answer) => [status, body?.code];
export const gone = [404, 'invitation/not-found'];
export const notHeld = { status: 403, body: { code: 'grant/not-held' } };

/** Not the token, by one character. */
export const tampered = (token: string) => `${token.slice(0, 30)}${token[30] === 'a' ? 'b' : 'a'}${token.slice(31)}`;

export const allow = (id: string, actions: string[], resources: string[], when?: object[]) => {
  return { id, effect: 'allow', actions, resources, ...(when && { when }) };
};
export const role = (name: string, statements: object[]) => {
  return { kind: 'Role' as const, metadata: { name }, spec: { statements } };
};
const cleared = [{ attr: 'principal.labels.clearance', eq: 'high' }];
const staging = [{ attr: 'resource.tags.env', in: ['staging'] }];

/** What the desk may do, and what teams and labels give in acme. */
export const roles = (mayInvite = true, mayUseModels = true) => [
  role('people', [
    allow('people', [mayInvite ? 'user:*' : 'user:read'], ['user:**']),
    allow('teams', ['team:*'], ['team:**']),
    ...(mayUseModels ? [allow('models', ['model:invoke'], ['model:*/*'], staging)] : []),
  ]),
  role('staging-user', [allow('models', ['model:invoke'], ['model:local/*'], staging)]),
  role('cleared-user', [allow('models', ['model:invoke'], ['model:*/*'], cleared)]),
];

/** Identity with people who invite and are invited. */
export class Invitations {
  readonly identity = new Identity();
  people!: Awaited<ReturnType<Identity['tenants']>>;
  /** Looks after people and teams of acme; administers nothing. */
  desk!: Awaited<ReturnType<Identity['person']>>;
  /** Every token that was answered. */
  readonly tokens: string[] = [];

  async open(): Promise<void> {
    const { identity } = this;
    await identity.open();
    this.people = await identity.tenants();
    this.desk = await identity.person('acme', 'desk@acme.example');
    await identity.publish('acme', roles());
    await identity.grant('acme', { name: 'desk', subject: `user:${this.desk.id}`, role: 'people' });
    await identity.grant('acme', { name: 'stagers', subject: 'team:stagers', role: 'staging-user' });
    await identity.grant('acme', { name: 'admins', subject: 'team:admins', role: 'admin' });
    await identity.grant('acme', { name: 'all-cleared', subject: 'everyone', role: 'cleared-user' });
    for (const name of ['stagers', 'admins', 'crew']) await this.asAda('POST /v1/teams', { name });
  }

  asAda(route: string, body?: unknown, headers?: Record<string, string | undefined>) {
    return this.identity.ask(this.people.ada.key, route, body, headers);
  }

  /** Somebody who was never invited before, unless `body` says whom. */
  async invited(body: object = {}, by = this.people.ada.key) {
    const email = `guest${randomInt(1e9)}@acme.example`;
    const answer = await this.identity.ask(by, 'POST /v1/invitations', { email, ...body });
    if (answer.body?.token) this.tokens.push(answer.body.token);
    return { ...answer, email, id: answer.body?.id as string, token: answer.body?.token as string };
  }

  accept(token: string, more: object = {}) {
    return this.identity.ask(undefined, 'POST /v1/invitations/accept', { token, password, ...more });
  }
}
