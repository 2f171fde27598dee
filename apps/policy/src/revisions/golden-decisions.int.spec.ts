import { PolicyView } from '#libs/access';
import { decide, type Principal } from '#libs/decision-engine';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { account, binding, bundle, document, Policy } from '../policy.fixture.js';

const policy = new Policy();
beforeAll(() => policy.open());
afterAll(() => policy.close());

const model = (name: string, tags: object, types = ['chat']) => {
  const spec = { upstreamModel: 'm', types };
  return JSON.stringify({ apiVersion: 'gatehouse/v1', kind: 'Model', metadata: { name, tenant: 'acme', tags }, spec });
};
const statement = (id: string, effect: string, actions: string[], when?: object[]) => {
  return { id, effect, actions, resources: ['model:*/*'], ...(when && { when }) };
};
const models = ['main/live', 'main/staging', 'main/embed', 'side/live', 'side/dev'];
const before = bundle(
  account('main'),
  account('side'),
  model('main/live', { env: 'production', family: 'gpt-4' }),
  model('main/staging', { env: 'staging', family: 'gpt-4' }),
  model('main/embed', { env: 'production' }, ['embedding']),
  model('side/live', { env: 'production', customer: 'acme' }),
  model('side/dev', { env: 'development', customer: 'globex' }),
  document('Role', 'acme', 'family', {
    statements: [
      statement('gpt-4', 'allow', ['model:*'], [{ attr: 'resource.tags.family', eq: 'gpt-4' }]),
      statement('no-embeddings', 'deny', ['model:invoke'], [{ attr: 'request.operation', eq: 'embeddings' }]),
    ],
  }),
  document('Boundary', 'acme', 'own-only', {
    appliesTo: ['*'],
    allow: [
      { actions: ['*'], resources: ['**'], when: [{ attr: 'resource.tags.customer', exists: false }] },
      {
        actions: ['*'],
        resources: ['**'],
        when: [{ attr: 'resource.tags.customer', eq: { ref: 'principal.tenant' } }],
      },
    ],
  }),
  binding('managers', 'user:mona', ['manager']),
  binding('developers', 'team:devs', ['developer']),
  binding('etl', 'virtual-account:etl', ['family']),
);
/** Retags, loosens, tightens and binds: nothing stays as it was for everybody. */
const after = bundle(
  model('main/live', { env: 'staging', family: 'gpt-5' }),
  document('Role', 'acme', 'family', { statements: [statement('all', 'allow', ['model:list'])] }),
  binding('etl', 'virtual-account:etl', ['family', 'viewer']),
  binding('developers', 'team:devs', ['auditor']),
);

const person = (id: string, more: Partial<Principal> = {}): Principal => {
  return { id, kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {}, ...more };
};
const people: readonly Principal[] = [
  person('user_ada'),
  person('mona'),
  person('dev', { teams: ['devs'] }),
  person('etl', { kind: 'virtual-account', name: 'etl' }),
];
const administrative = [
  'prompt:edit prompt:p',
  'prompt:promote prompt:p',
  'route:deploy route:r',
  'limits:adjust limits:l',
  'policy:apply policy:Role/x',
  'policy:read policy:Role/x',
  'key:create key:k',
  'audit:read audit:decisions',
  'user:read user:u',
  'provider-account:edit provider-account:main',
];

/** Every person × every model × invoke and list × two operations, and the administrative actions. */
function decisions(): readonly string[] {
  const snapshot = policy.app.get(PolicyView, { strict: false }).snapshot('acme');
  if (!snapshot) throw new Error('no policy is in force');
  const onModels = models.flatMap((path) =>
    ['model:invoke', 'model:list'].flatMap((action) =>
      ['chat', 'embeddings'].map((operation) => `${action} model:${path} ${operation}`),
    ),
  );
  const asked = [...onModels, ...administrative.flatMap((each) => [`${each} admin`, `${each} chat`, `${each} mcp`])];
  return people.flatMap((principal) =>
    asked.map((question) => {
      const [action = '', resource = '', operation = ''] = question.split(' ');
      const [type = '', path = ''] = resource.split(':');
      const request = { operation, timeMs: 0 };
      const { allowed, reason, statements } = decide(snapshot, {
        principal,
        action,
        resource: { type, path },
        credential: { kind: 'pat' },
        request,
      });
      return `${principal.id} ${question}: ${allowed ? 'allow' : 'deny'} ${reason} ${statements.join(',')}`.trim();
    }),
  );
}

const inForce = async (answer: { body: { revision: number } }) => {
  const view = policy.app.get(PolicyView, { strict: false });
  await waitFor(() => view.snapshot('acme')?.policyRevision === answer.body.revision);
  return answer.body.revision;
};

it('survive apply, revert and apply again, each as it was and as it is written down', async () => {
  const first = await inForce(await policy.apply('ada', before));
  const golden = decisions();
  expect(golden).toHaveLength(200);
  await expect(`${golden.join('\n')}\n`).toMatchFileSnapshot('golden-decisions.txt');
  const second = await inForce(await policy.apply('ada', after));
  const changed = decisions();
  expect(changed.filter((decision, n) => decision !== golden[n]).length).toBeGreaterThan(20);
  await inForce(await policy.ask('ada', `POST /v1/revisions/${first}/rollback`, {}));
  expect(decisions()).toEqual(golden);
  await inForce(await policy.apply('ada', after));
  expect(decisions()).toEqual(changed);
  await inForce(await policy.ask('ada', `POST /v1/revisions/${second}/rollback`, {}));
  expect(decisions()).toEqual(changed);
});
