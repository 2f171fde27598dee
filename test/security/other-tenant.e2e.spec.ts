import { crossTenantFindings, type ForeignTenant } from '#libs/access';
import { beforeAll, describe, expect, it } from 'vitest';
import { AuditModule } from '../../apps/audit/src/app.module.js';
import { DecisionsController } from '../../apps/audit/src/decisions/decisions.controller.js';
import { IdentityModule } from '../../apps/identity/src/app.module.js';
import { PolicyModule } from '../../apps/policy/src/app.module.js';
import { admin, demoKey, gatewayUrl, local } from '../system/system.js';
import { acmeAsForeign, acmes } from './acme.js';
import { runningService } from './running-service.js';

const services = { identity: IdentityModule, policy: PolicyModule, audit: AuditModule } as const;
type Service = keyof typeof services;
let acme: ForeignTenant;
let before: unknown;

/** All of acme that an intruder could have changed. */
async function stateOfAcme(): Promise<unknown> {
  const [users, teams, accounts, keys, roles] = await Promise.all([
    ...['users', 'teams', 'virtual-accounts', 'api-keys'].map((things) => acmes('identity', things)),
    acmes('policy', 'roles'),
  ]);
  const key = demoKey('acme', 'admin');
  const revisions = await admin('policy', 'GET', '/v1/revisions?limit=1', key);
  return { users, teams, accounts, keys: keys?.map(({ id, status }) => [id, status]), roles, last: revisions.body };
}

beforeAll(async () => {
  acme = await acmeAsForeign();
  before = await stateOfAcme();
});

describe.each(Object.keys(services) as Service[])('every route of %s as it runs', (service) => {
  it.each(['admin', 'manager', 'service'])('is shut to globex’s %s, whatever of acme it names', async (who) => {
    const app = runningService(services[service], local()[service].url);
    expect(await crossTenantFindings(app, demoKey('globex', who), acme)).toEqual([]);
  });
});

it('and the suite does find what is open: to acme itself its own decisions are', async () => {
  class DecisionsAlone {}
  Reflect.defineMetadata('controllers', [DecisionsController], DecisionsAlone);
  const app = runningService(DecisionsAlone, local().audit.url);
  expect(await crossTenantFindings(app, demoKey('acme', 'admin'), acme)).not.toEqual([]);
});

describe('globex at the gateway', () => {
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${demoKey('globex', 'manager')}`, 'content-type': 'application/json' };
    const answer = await fetch(`${gatewayUrl()}${path}`, { headers, ...init });
    return { status: answer.status, text: await answer.text() };
  };
  const chat = (model: string) =>
    call('/v1/chat/completions', { method: 'POST', body: JSON.stringify({ model, messages: [] }) });

  it('is told of a model of acme what it is told of one that nobody has', async () => {
    for (const ask of [chat, (model: string) => call(`/v1/models/${model}`)]) {
      const [theirs, nobodys] = [await ask('acme/ft-1'), await ask('acme/ft-9')];
      expect([403, 404]).toContain(theirs.status);
      expect(theirs).toEqual({ ...nobodys, text: nobodys.text.replaceAll('ft-9', 'ft-1') });
    }
  });

  it('sees none of acme’s models in its list', async () => {
    const { status, text } = await call('/v1/models');
    expect(status).toBe(200);
    for (const name of ['acme/', 'anthropic-main', 'staging/', 'shared/ft-a']) expect(text).not.toContain(name);
  });
});

it('acme is as it was after all of that', async () => {
  expect(await stateOfAcme()).toEqual(before);
});
