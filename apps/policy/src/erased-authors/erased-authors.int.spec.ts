import { IdentityView } from '#libs/access';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { binding, Policy } from '../policy.fixture.js';
import { ErasedAuthors } from './erased-authors.js';

const policy = new Policy();
beforeAll(() => policy.open());
afterAll(() => policy.close());

const authors = () => policy.app.get(ErasedAuthors, { strict: false });
const sweep = () => authors().sweep();
const reasons = async (who: 'gil' | 'operator', tenant: string) => {
  const { body } = await policy.ask(who, `GET /v1/revisions?tenant=${tenant}`);
  return body.data.map(({ reason }: { reason: string | null }) => reason);
};

it('erases what an erased user wrote, wherever it was kept, and nothing of anybody else', async () => {
  const why = { reason: 'covers for a colleague' };
  const key = { 'idempotency-key': 'once', 'content-type': 'application/yaml' };
  const mine = binding('cover', 'user:user_con', ['viewer'], 'acme', why);
  expect((await policy.ask('ada', 'POST /v1/apply?reason=said+by+ada', mine, key)).status).toBe(200);
  expect(
    (await policy.apply('gil', binding('cover', 'user:user_gil', ['viewer'], 'globex', why), '?reason=gil')).status,
  ).toBe(200);
  expect(await sweep()).toBe(0);
  expect(await reasons('operator', 'acme')).toContain('said by ada');

  await policy.identity.erase('acme', 'user_ada');
  const view = policy.app.get(IdentityView, { strict: false });
  await waitFor(() => view.principal('user_ada')?.erased);
  expect(await sweep()).toBe(1);

  const told = await reasons('operator', 'acme');
  expect([told.includes('said by ada'), told.includes('(erased)')]).toEqual([false, true]);
  const document = await policy.ask('operator', 'GET /v1/role-bindings/cover?tenant=acme');
  expect([document.status, document.body.spec.reason]).toEqual([200, '(erased)']);
  expect(await reasons('gil', 'globex')).toContain('gil');
  const { em } = policy.store;
  const keys = await em.fork().execute<{ id: string }[]>('select subject_id as id from subject_keys');
  expect(keys.map(({ id }) => id)).not.toContain('user_ada');
  const answers = await em.fork().execute<object[]>(`select 1 from idempotency_keys where body like '%said by ada%'`);
  expect(answers).toEqual([]);
  expect(await sweep()).toBe(0);
});
