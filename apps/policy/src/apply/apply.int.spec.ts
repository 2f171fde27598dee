import { PolicyView } from '#libs/access';
import { BusError } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, binding, bundle, Policy, role } from '../policy.fixture.js';

const policy = new Policy();
const revisions = async () =>
  (await policy.ask('ada', 'GET /v1/revisions?limit=200')).body.data.map(
    ({ revision }: { revision: number }) => revision,
  );
const names = async (plural: string) => (await policy.named('ada', plural)).toSorted();

beforeAll(() => policy.open());
afterAll(() => policy.close());

describe('POST /v1/apply', () => {
  it('makes the next revision of all of a bundle, and none of the same bundle again', async () => {
    const yaml = bundle(role('reader'), binding('readers', 'user:con@acme.example', ['reader']));
    const { status, body, headers } = await policy.apply('ada', yaml);
    expect(status).toBe(200);
    const about = { object: 'revision', tenant: 'acme', revision: 2, changed: true, propagation: 'published' };
    expect(body).toMatchObject({ ...about, warnings: [] });
    expect(body.changes.map(({ kind, name }: { kind: string; name: string }) => `${kind}/${name}`).toSorted()).toEqual([
      'Role/reader',
      'RoleBinding/readers',
    ]);
    expect(headers['gatehouse-position']).toMatch(/^policy:\d+$/);
    const again = await policy.apply('ada', yaml);
    expect([again.status, again.body]).toMatchObject([200, { revision: 2, changed: false, changes: [] }]);
    expect(await revisions()).toEqual([2, 1]);
  });

  it('takes the same as JSON: a list, or a folder of files', async () => {
    const asList = await policy.ask('ada', 'POST /v1/apply', [JSON.parse(role('reader'))]);
    expect(asList.body).toMatchObject({ changed: false });
    const files = [
      { name: 'a.yaml', text: role('reader') },
      { name: 'b.yaml', text: role('other') },
    ];
    expect((await policy.ask('ada', 'POST /v1/apply', { files })).body.changes).toMatchObject([{ name: 'other' }]);
    for (const wrong of [{ files: [] }, { files: [{ name: 'a' }] }, { files: 'a' }, { files: [1] }]) {
      expect((await policy.ask('ada', 'POST /v1/apply', wrong)).status).toBe(400);
    }
  });

  it('changes nothing for a bundle with one mistake, and names file, line, column and what was meant', async () => {
    const before = [await revisions(), await names('roles')];
    const text = `${role('fine')}\n---\n${binding('typo', 'user:user_con', ['reeder'])}`;
    const { status, body } = await policy.ask('ada', 'POST /v1/apply', { files: [{ name: 'team/a.yaml', text }] });
    expect([status, body.code]).toEqual([422, 'policy/invalid']);
    expect(body.errors).toEqual([
      expect.objectContaining({
        file: 'team/a.yaml',
        line: 3,
        rule: 'unknown-role',
        suggestion: expect.stringContaining('reader'),
      }),
    ]);
    expect(body.errors[0].column).toBeGreaterThan(1);
    expect([await revisions(), await names('roles')]).toEqual(before);
  });

  it('names lines and columns of JSON as it was posted', async () => {
    const text = `[${role('fine')},\r\n\t${binding('typo', 'user:user_con', ['reeder'])}]`;
    const json = { 'content-type': 'application/json' };
    const { status, body } = await policy.ask('ada', 'POST /v1/apply', text, json);
    const [, last = ''] = text.split('\n');
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      expect.objectContaining({ file: 'bundle.json', line: 2, column: last.indexOf('"reeder"') + 1 }),
    ]);
  });

  it('names who has no address here, without applying the rest', async () => {
    const yaml = bundle(role('fine'), binding('lost', 'user:nobody@acme.example', ['fine']));
    const { status, body } = await policy.apply('ada', yaml);
    expect(status).toBe(422);
    expect(body.errors).toEqual([expect.objectContaining({ rule: 'unknown-subject', file: 'bundle.yaml', line: 3 })]);
    const foreign = await policy.apply('ada', binding('lost', 'user:gil@globex.example', ['fine']));
    expect(foreign.body.errors).toEqual([expect.objectContaining({ rule: expect.any(String) })]);
    expect(await names('roles')).not.toContain('fine');
  });

  it('tells who may change nothing neither what is wrong nor who is known', async () => {
    for (const yaml of [
      binding('x', 'user:nobody@acme.example', ['viewer']),
      binding('x', 'user:con@acme.example', ['viewer']),
      binding('x', 'user:con@acme.example', ['no-such-role']),
    ]) {
      const { status, body } = await policy.apply('con', yaml);
      expect([status, body.errors]).toEqual([403, undefined]);
    }
    expect((await policy.apply(undefined, role('x'))).status).toBe(401);
    expect((await policy.apply('ada', role('x', 'globex'))).status).toBe(404);
    expect((await policy.apply('ada', role('x'), '?force=true')).status).toBe(400);
  });

  it('keeps users by id and shows them by address', async () => {
    const yaml = binding('by-address', 'user:CON@acme.example', ['viewer'], 'acme', { reason: 'on call' });
    expect((await policy.apply('ada', yaml)).status).toBe(200);
    const [row] = await policy.rows<{ document: { spec: { subjects: string[] } } }>(
      "select document from document_history_v1 where name = 'by-address'",
    );
    expect(row?.document.spec.subjects).toEqual(['user:user_con']);
    const { body } = await policy.ask('ada', 'GET /v1/role-bindings/by-address');
    expect(body.spec).toMatchObject({ subjects: ['user:con@acme.example'], reason: 'on call' });
    expect((await policy.apply('ada', yaml)).body.changed).toBe(false);
  });

  it('prunes nothing for a bundle that holds tests alone', async () => {
    const before = await revisions();
    const yaml = `
apiVersion: gatehouse/v1
kind: PolicyTest
metadata: {name: nothing, tenant: acme}
principals: {ana: {id: "user:ana"}}
requests: {any: {action: model:invoke, resource: "model:a/b", operation: chat}}
tests: [{name: none, input: {principals: [ana], requests: [any]}, expected: []}]
`;
    const { status, body } = await policy.apply('ada', yaml, '?prune=true');
    expect([status, body.errors[0].rule]).toEqual([422, 'nothing-to-apply']);
    expect(await revisions()).toEqual(before);
  });

  it('deletes what a bundle does not name with prune, and leaves it without', async () => {
    await policy.apply('ada', bundle(role('kept'), role('pruned')));
    await policy.apply('ada', role('kept'));
    expect(await names('roles')).toContain('pruned');
    const rest = bundle(role('kept'), binding('admins', 'user:user_ada', ['admin']));
    const { body } = await policy.apply('ada', rest, '?prune=true');
    expect(body.changes.every(({ change }: { change: string }) => change === 'deleted')).toBe(true);
    expect([await names('roles'), await names('role-bindings')]).toEqual([['kept'], ['admins']]);
  });

  it('refuses one bundle of several tenants, and one of no tenant', async () => {
    const both = await policy.apply('operator', bundle(role('a'), role('b', 'globex')));
    expect(both.status).toBe(422);
    const nobodys = JSON.stringify({ ...JSON.parse(role('a')), metadata: { name: 'a' } });
    expect((await policy.apply('operator', nobodys)).status).toBe(400);
    expect((await policy.apply('ada', nobodys)).status).toBe(422);
    expect(await names('roles')).toEqual(['kept']);
  });

  it('takes the platform’s documents from the operator alone', async () => {
    expect((await policy.apply('ada', role('shared', 'platform'))).status).toBe(404);
    expect((await policy.apply('operator', role('shared', 'platform'))).status).toBe(200);
    expect(await names('roles')).toContain('shared');
    const { body } = await policy.ask('gil', 'GET /v1/roles/shared');
    expect(body.metadata).toMatchObject({ tenant: 'platform' });
    expect((await policy.ask('ada', 'DELETE /v1/roles/shared')).status).toBe(404);
  });

  it('answers a repeated Idempotency-Key without another revision', async () => {
    const headers = { 'content-type': 'application/yaml', 'idempotency-key': 'apply-once' };
    const [first, second] = [
      await policy.ask('ada', 'POST /v1/apply', role('once'), headers),
      await policy.ask('ada', 'POST /v1/apply', role('once'), headers),
    ];
    expect(second.body).toEqual(first.body);
    expect(second.body.changed).toBe(true);
    expect((await policy.ask('ada', 'POST /v1/apply', role('twice'), headers)).status).toBe(422);
  });
});

describe('applies at the same time', () => {
  it('all succeed, lose nothing, and make dense revisions', async () => {
    const before = Math.max(...(await revisions()));
    const count = 8;
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) => policy.apply('ada', role(`together-${i}`))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const made = answers.map(({ body }) => body.revision as number).toSorted((a, b) => a - b);
    expect(made).toEqual(Array.from({ length: count }, (_, i) => before + 1 + i));
    expect(await names('roles')).toEqual(
      expect.arrayContaining(Array.from({ length: count }, (_, i) => `together-${i}`)),
    );
  });

  it('of one document at one version succeed once', async () => {
    await policy.apply('ada', role('contended'));
    const { headers } = await policy.ask('ada', 'GET /v1/roles/contended');
    const put = (sentence: string) => {
      const { spec } = JSON.parse(role('contended', 'acme', sentence)) as { spec: object };
      return policy.ask('ada', 'PUT /v1/roles/contended', { spec }, { 'if-match': headers['etag'] ?? '' });
    };
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(put));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412, 412, 412]);
  });

  it('prune what came in between, or come before it', async () => {
    const whole = bundle(role('kept'), binding('admins', 'user:user_ada', ['admin']));
    for (let round = 0; round < 4; round += 1) {
      const [added, pruned] = await Promise.all([
        policy.apply('ada', role(`added-${round}`)),
        policy.apply('ada', whole, '?prune=true'),
      ]);
      const isLater = added.body.revision > pruned.body.revision;
      expect((await names('roles')).includes(`added-${round}`)).toBe(isLater);
    }
  });
});

describe('while the brokers are away', () => {
  it('an apply is answered 202 as pending, and is in force once they are back', async () => {
    const publish = policy.bus.publish.bind(policy.bus);
    policy.bus.publish = () => Promise.reject(new BusError('bus/unavailable', 'away', true));
    const { status, body } = await policy.apply('ada', role('pending'));
    expect([status, body.propagation, body.changed]).toEqual([202, 'pending', true]);
    policy.bus.publish = publish;
    const view = policy.app.get(PolicyView, { strict: false });
    await waitFor(() => view.snapshot('acme')?.policyRevision === body.revision);
    expect(await names('roles')).toContain('pending');
  });
});

describe('POST /v1/check', () => {
  it('says what is wrong and changes nothing', async () => {
    const before = await revisions();
    const yaml = binding('typo', 'user:user_con', ['reeder']);
    const headers = { 'content-type': 'application/yaml' };
    const { status, body } = await policy.ask('ada', 'POST /v1/check', yaml, headers);
    expect([status, body.passed, body.errors[0].rule]).toEqual([200, false, 'unknown-role']);
    expect((await policy.ask('con', 'POST /v1/check', yaml, headers)).status).toBe(403);
    expect(await revisions()).toEqual(before);
  });
});

it('keeps an account’s address a public one: nothing else is reached by it', async () => {
  const inner = await policy.apply('ada', account('inner', 'acme', 'file:///etc/passwd'));
  expect(inner.status).toBe(422);
});
