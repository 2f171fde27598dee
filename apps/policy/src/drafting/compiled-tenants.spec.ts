import { compile, decide, type TenantSnapshot } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { COMPILED_TENANTS_MAX, CompiledTenants } from './compiled-tenants.js';

const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
const role = (...actions: string[]) =>
  document('Role', 'r', { statements: [{ id: 's', effect: 'allow', actions, resources: ['prompt:*'] }] });
const binding = document('RoleBinding', 'b', { subjects: ['user:ana'], roles: ['r'] });
const mayEdit = (snapshot: TenantSnapshot) =>
  decide(snapshot, {
    principal: { id: 'ana', kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} },
    action: 'prompt:edit',
    resource: { type: 'prompt', path: 'greeting' },
    credential: { kind: 'pat' },
    request: { operation: 'admin', timeMs: 0 },
  }).allowed;
const reading = [role('prompt:read'), binding];
const editing = [role('prompt:read', 'prompt:edit'), binding];

it('decides by the sets of each draft, whichever was drafted before and whether or not it was applied', () => {
  const compiled = new CompiledTenants();
  for (const [own, after] of [
    [reading, editing],
    [reading, editing],
    [editing, reading],
    [[], editing],
    [editing, []],
  ] as const) {
    const { current, next } = compiled.of('acme', { own, after, platform: [] });
    expect([mayEdit(current), mayEdit(next)]).toEqual([own === editing, after === editing]);
  }
});

/** With the snapshot that each compilation began with. */
function watched() {
  const formers: (TenantSnapshot | undefined)[] = [];
  const compiled = new CompiledTenants((input, former) => {
    formers.push(former);
    return compile(input, former);
  });
  const draft = (tenant: string) => compiled.of(tenant, { own: reading, after: editing, platform: [] });
  return { formers, draft };
}

it('compiles what would be from what is, and that from the last draft of the tenant', () => {
  const { formers, draft } = watched();
  const first = draft('acme');
  const second = draft('acme');
  expect(formers).toEqual([undefined, first.current, first.current, second.current]);
});

it('keeps a bounded number of tenants, those used last', () => {
  const { formers, draft } = watched();
  const begunWith = (tenant: string) => {
    formers.length = 0;
    draft(tenant);
    return formers[0];
  };
  draft('acme');
  for (let n = 1; n < COMPILED_TENANTS_MAX; n += 1) draft(`t${n}`);
  expect(begunWith('acme')).toBeDefined();
  for (let n = 0; n < COMPILED_TENANTS_MAX; n += 1) draft(`u${n}`);
  expect(begunWith('acme')).toBeUndefined();
});
