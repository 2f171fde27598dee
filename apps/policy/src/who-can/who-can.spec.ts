import { expect, it } from 'vitest';
import { present } from './present.fixture.js';
import { WhatCanController } from './what-can.controller.js';
import { WhoCanController } from './who-can.controller.js';

const asking = { action: 'model:invoke', resource: 'model:main/staging', limit: 50 } as const;
type Change = { resource?: string; limit?: number; after?: string | undefined };
function whoCan(query: Change = {}, options = {}) {
  const { access, scope, identity, policy, clock, caller, asked } = present(options);
  const answer = new WhoCanController(access, scope, identity, policy, clock).list(caller, { ...asking, ...query });
  return { ...answer, asked };
}
function whatCan(subject: string, query: { limit?: number; after?: string | undefined } = {}) {
  const { access, scope, identity, policy, clock, caller } = present();
  return new WhatCanController(access, scope, identity, policy, clock).list(caller, { limit: 50, subject, ...query });
}

it('names who can of the tenant, with what lets them; neither the suspended nor strangers', () => {
  const { data, has_more, asked } = whoCan();
  expect(data.map(({ subject }) => subject)).toEqual([
    'user:dev@acme.example',
    'user:dora@acme.example',
    'virtual-account:etl',
  ]);
  expect(data[0]).toMatchObject({ object: 'holder', principal: 'user_a' });
  expect(data[0]?.statements).toHaveLength(1);
  expect([has_more, asked]).toEqual([false, ['policy:read']]);
});

it('gives no address to whoever may not see people', () => {
  const subjects = whoCan({}, { seesPeople: false }).data.map(({ subject }) => subject);
  expect(subjects).toEqual(['user:user_a', 'user:user_b', 'virtual-account:etl']);
});

it('comes in pages by cursor, missing nobody', () => {
  const first = whoCan({ limit: 1 });
  const second = whoCan({ limit: 1, after: first.next_cursor });
  const third = whoCan({ limit: 1, after: second.next_cursor });
  expect([first, second, third].map(({ data }) => data[0]?.principal)).toEqual(['user_a', 'user_b', 'va_etl']);
  expect([second.has_more, third.has_more]).toEqual([true, false]);
});

it('refuses a resource of another type than the action is about', () => {
  expect(() => whoCan({ resource: 'key:k1' })).toThrow('not of the type');
});

it('lists what somebody can, by name or id, and nothing for who is unknown, suspended or of another tenant', () => {
  const lines = whatCan('virtual-account:etl').data.map(({ action, resource }) => `${action} ${resource}`);
  expect(lines).toContain('model:invoke model:main/live');
  expect(whatCan('user:user_a').data).toEqual(whatCan('user:Dev@acme.example').data);
  for (const subject of [
    'user:nobody@acme.example',
    'user:gone@acme.example',
    'user:gil@globex.example',
    'user:user_e',
  ])
    expect(whatCan(subject)).toEqual({ object: 'list', data: [], has_more: false });
});

it('pages what somebody can', () => {
  const whole = whatCan('virtual-account:etl', { limit: 200 }).data;
  const first = whatCan('virtual-account:etl', { limit: 4 });
  const rest = whatCan('virtual-account:etl', { limit: 200, after: first.next_cursor });
  expect([...first.data, ...rest.data]).toEqual(whole);
});
