import { expect, it } from 'vitest';
import { GrantedLately } from './granted-lately.js';

const row = (resource_type: string, resource: string, before: object | '', after: object | '') => ({
  resource_type,
  resource,
  before: before && JSON.stringify(before),
  after: after && JSON.stringify(after),
});
const binding = (...roles: string[]) => ({ kind: 'RoleBinding', spec: { subjects: ['user:u1'], roles } });

it('knows nothing lately where nothing changed', () => {
  expect(new GrantedLately([]).has('u1', 'r/a')).toBe(false);
});

it('takes a role for new that was changed, or bound or unbound', () => {
  const lately = new GrantedLately([
    row('Role', 'changed', { spec: {} }, { spec: {} }),
    row('RoleBinding', 'b', binding('former'), binding('new')),
    row('RoleBinding', 'gone', binding('unbound'), ''),
  ]);
  const roles = ['changed', 'former', 'new', 'unbound', 'other'];
  expect(roles.filter((role) => lately.has('u1', `${role}/one`))).toEqual(['changed', 'former', 'new', 'unbound']);
});

it('takes the grants of a model for new that was changed, whatever slashes its name has', () => {
  const lately = new GrantedLately([row('Model', 'openai-main/gpt-4', '', { spec: {} })]);
  const statements = ['model/openai-main/gpt-4/grants/0', 'model/openai-main/gpt-5/grants/0'];
  expect(statements.map((statement) => lately.has('u1', statement))).toEqual([true, false]);
});

it('takes whatever somebody holds for new who is new, was changed, or whose team was', () => {
  const lately = new GrantedLately([
    row('user', 'u1', '', { status: 'active' }),
    row('virtual-account', 'va_1', { labels: {} }, { labels: { a: 'b' } }),
    row('team', 't', { name: 'ds' }, { name: 'ds', members: ['u2'] }),
    row('team', 't', { name: 'ds', members: ['u2', 'u3'] }, ''),
  ]);
  const ids = ['u1', 'va_1', 'u2', 'u3', 'u4'];
  expect(ids.filter((id) => lately.has(id, 'r/a'))).toEqual(['u1', 'va_1', 'u2', 'u3']);
});

it('reads what it does not know as nothing', () => {
  const lately = new GrantedLately([row('RoleBinding', 'b', { spec: 1 }, ''), row('team', 't', { members: 7 }, '')]);
  expect(lately.has('u1', 'r/a')).toBe(false);
});
