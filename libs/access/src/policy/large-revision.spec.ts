import { expect, it } from 'vitest';
import { role, binding, watchedView, Publisher } from './policy.fixture.js';

const many = (count: number, model: string) =>
  Array.from({ length: count }, (_, n) => [
    role(`role-${n}`, `model:${model}/*`),
    binding(`binding-${n}`, `team:team-${n % 50}`, `role-${n}`),
  ]).flat();
const reach = (snapshot: { document(kind: 'Role', name: string): unknown } | undefined, name: string) => {
  const found = snapshot?.document('Role', name) as { spec: { statements: { resources: string[] }[] } } | undefined;
  return found?.spec.statements[0]?.resources[0];
};
const ROLES = 600;

it('lets the revision before a large one decide until the large one is compiled, and then decides by all of it', async () => {
  const { view, put } = watchedView();
  const publisher = new Publisher();
  put(publisher.apply(many(ROLES, 'a')));
  expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1 });
  await view.settled();
  put(publisher.apply(many(ROLES, 'b')));
  const meanwhile = view.snapshot('acme');
  expect([meanwhile?.policyRevision, reach(meanwhile, 'role-7'), reach(meanwhile, 'role-590')]).toEqual([
    1,
    'model:a/*',
    'model:a/*',
  ]);
  expect(view.isSettled).toBe(false);
  await view.settled();
  const after = view.snapshot('acme');
  expect([after?.policyRevision, reach(after, 'role-7'), reach(after, 'role-590')]).toEqual([
    2,
    'model:b/*',
    'model:b/*',
  ]);
});

it('lets other work be done while a large revision is compiled', async () => {
  const { view, put } = watchedView();
  const publisher = new Publisher();
  put(publisher.apply(many(ROLES, 'a')));
  view.snapshot('acme');
  await view.settled();
  put(publisher.apply(many(ROLES, 'b')));
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await view.settled();
  isDone = true;
  expect(turns).toBeGreaterThan(5);
});

it('puts a small revision in force at once, also in a large set, and one that follows a large one in its turn', async () => {
  const { view, put } = watchedView();
  const publisher = new Publisher();
  put(publisher.apply(many(ROLES, 'a')));
  view.snapshot('acme');
  await view.settled();
  put(publisher.apply([role('role-7', 'model:c/*')]));
  expect([view.snapshot('acme')?.policyRevision, reach(view.snapshot('acme'), 'role-7')]).toEqual([2, 'model:c/*']);
  put(publisher.apply(many(ROLES, 'b')));
  put(publisher.apply([role('role-7', 'model:d/*')]));
  expect(view.snapshot('acme')?.policyRevision).toBe(2);
  await view.settled();
  expect([view.snapshot('acme')?.policyRevision, reach(view.snapshot('acme'), 'role-7')]).toEqual([4, 'model:d/*']);
});

it('makes the first who asks about a tenant wait for its set, rather than refuse', () => {
  const { view, put } = watchedView();
  put(new Publisher().apply(many(ROLES, 'a')));
  expect(view.snapshot('acme')?.policyRevision).toBe(1);
});

it('reaches every tenant with a platform’s revision, also those that nobody asks about', async () => {
  const { view, put } = watchedView();
  const platform = new Publisher('platform');
  const tenants = Array.from({ length: 40 }, (_, n) => `tenant-${n}`);
  put(platform.apply([role('shared', 'model:p/*', 'platform')]));
  for (const tenant of tenants) {
    put(new Publisher(tenant).apply([binding('b', 'team:t', 'shared', tenant)]));
    view.snapshot(tenant);
  }
  put(platform.apply([role('shared', 'model:q/*', 'platform')]));
  expect(view.isSettled).toBe(false);
  await view.settled();
  expect(tenants.map((tenant) => view.tenants.get(tenant)?.compiled?.snapshot.platformRevision)).toEqual(
    tenants.map(() => 2),
  );
});
