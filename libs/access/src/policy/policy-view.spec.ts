import { documentKey, headKey } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { LAST_GOOD_SERVED_MS, PolicyView } from './policy-view.js';
import { binding, Publisher, role, watchedView } from './policy.fixture.js';

const HEAD = headKey('acme');
const readerOf = (view: PolicyView, tenantId = 'acme') => view.snapshot(tenantId)?.document('Role', 'reader');
const reachOf = (view: PolicyView, tenantId = 'acme') => {
  const found = readerOf(view, tenantId) as { spec: { statements: { resources: string[] }[] } } | undefined;
  return found?.spec.statements[0]?.resources[0];
};

describe('a revision', () => {
  it('is in force when its head has come, and not a document earlier', () => {
    const { view, put, faults } = watchedView();
    const publisher = new Publisher();
    put(publisher.apply([role('reader', 'model:a/*')]));
    const [document, other, head] = publisher.apply([role('reader', 'model:b/*'), role('other', 'model:c/*')]);
    for (const record of [document, other]) {
      put([record ?? ['', null]]);
      expect(reachOf(view)).toBe('model:a/*');
      expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1 });
      expect(view.snapshot('acme')?.document('Role', 'other')).toBeUndefined();
    }
    put([head ?? ['', null]]);
    expect(reachOf(view)).toBe('model:b/*');
    expect(view.snapshot('acme')).toMatchObject({ policyRevision: 2 });
    expect(faults).toEqual([]);
  });

  it('takes what it does not name from the revisions before it, and leaves out what was deleted', () => {
    const { view, put } = watchedView();
    const publisher = new Publisher();
    put(publisher.apply([role('reader', 'model:a/*'), role('other', 'model:c/*')]));
    put(publisher.apply([role('third', 'model:d/*')], ['Role/other']));
    expect(reachOf(view)).toBe('model:a/*');
    expect(view.snapshot('acme')?.document('Role', 'other')).toBeUndefined();
    expect(view.snapshot('acme')?.document('Role', 'third')).toBeDefined();
  });

  it('is not in force where one document of the set is missing, unreadable, another one or of another name', () => {
    const next = role('other', 'model:b/*');
    const tampered = { document: role('other', 'model:**'), digest: 'f'.repeat(64) };
    const misplaced = { document: role('reader', 'model:b/*'), digest: 'f'.repeat(64) };
    for (const bad of [undefined, 'not json', {}, tampered, misplaced, { document: { kind: 'Role' }, digest: '' }]) {
      const { view, put, faults } = watchedView();
      const publisher = new Publisher();
      put(publisher.apply([role('reader', 'model:a/*')]));
      const [[key], head] = publisher.apply([next]) as [[string, object], [string, object]];
      if (bad !== undefined) put([[key, bad]]);
      put([head]);
      expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1 });
      expect(reachOf(view)).toBe('model:a/*');
      expect(faults).toHaveLength(1);
      expect(view.alarms()).toMatchObject([{ tenantId: 'acme', revision: 2 }]);
    }
  });

  it('comes in force when the missing document comes after all', () => {
    const { view, put } = watchedView();
    const publisher = new Publisher();
    put(publisher.apply([role('reader', 'model:a/*')]));
    const [document, head] = publisher.apply([role('reader', 'model:b/*')]);
    put([head ?? ['', null]]);
    expect(reachOf(view)).toBe('model:a/*');
    put([document ?? ['', null]]);
    expect(reachOf(view)).toBe('model:b/*');
    expect(view.alarms()).toEqual([]);
  });

  it('is not believed where the digest of the set or its count is another', () => {
    for (const change of [{ setDigest: '0'.repeat(64) }, { documentCount: 2 }]) {
      const { view, put } = watchedView();
      const publisher = new Publisher();
      put(publisher.apply([role('reader', 'model:a/*')]));
      put([[HEAD, publisher.head({ revision: 2, ...change })]]);
      expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1 });
    }
  });

  it('that cannot be read keeps the last good set, for an hour and no longer', () => {
    for (const bad of ['{', '{}', JSON.stringify(new Publisher('globex').head())]) {
      const { view, put, clock } = watchedView();
      put(new Publisher().apply([role('reader', 'model:a/*')]));
      put([[HEAD, bad]]);
      expect(reachOf(view)).toBe('model:a/*');
      clock.ms += LAST_GOOD_SERVED_MS - 1;
      expect(view.snapshot('acme')).toBeDefined();
      clock.ms += 1;
      expect(view.snapshot('acme')).toBeUndefined();
    }
  });

  it('that does not compile keeps the last good set, also one that nobody had asked for yet', () => {
    for (const asked of [true, false]) {
      const { view, put, faults } = watchedView();
      const publisher = new Publisher();
      put(publisher.apply([role('reader', 'model:a/*')]));
      if (asked) view.snapshot('acme');
      put(publisher.apply([binding('b', 'user:user_ada', 'a-role-that-is-nowhere')]));
      expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1 });
      expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1 });
      expect(faults).toEqual(['acme: the set does not compile']);
      put(publisher.apply([], ['RoleBinding/b']));
      expect(view.snapshot('acme')).toMatchObject({ policyRevision: 3 });
      expect(view.alarms()).toEqual([]);
    }
  });
});

describe('a tenant', () => {
  it('without any head has the built-in roles, whatever documents have come', () => {
    const { view, put } = watchedView();
    const [document] = new Publisher().apply([role('reader', 'model:a/*')]);
    put([document ?? ['', null]]);
    expect(view.snapshot('acme')).toMatchObject({ tenant: 'acme', policyRevision: 0 });
    expect(readerOf(view)).toBeUndefined();
  });

  it('whose only head does not verify is not ready, alone', () => {
    const { view, put } = watchedView();
    put([[HEAD, new Publisher().head({ revision: 1, documentCount: 1 })]]);
    put(new Publisher('globex').apply([role('reader', 'model:g/*', 'globex')]));
    expect(view.snapshot('acme')).toBeUndefined();
    expect(reachOf(view, 'globex')).toBe('model:g/*');
  });

  it('whose head was removed is not ready: its denials went with it', () => {
    const { view, put } = watchedView();
    put(new Publisher().apply([role('reader', 'model:a/*')]));
    put([[HEAD, null]]);
    expect(view.snapshot('acme')).toBeUndefined();
  });

  it('takes a platform revision without one of its own', () => {
    const { view, put } = watchedView();
    const platform = new Publisher('platform');
    put(new Publisher().apply([role('reader', 'model:a/*')]));
    put(platform.apply([role('everywhere', 'model:p/*', 'platform')]));
    const first = view.snapshot('acme');
    expect(first).toMatchObject({ policyRevision: 1, platformRevision: 1 });
    expect(view.snapshot('acme')).toBe(first);
    put(platform.apply([role('everywhere', 'model:q/*', 'platform')]));
    expect(view.snapshot('acme')).toMatchObject({ policyRevision: 1, platformRevision: 2 });
    expect(view.snapshot('platform')).toMatchObject({ tenant: 'platform', policyRevision: 2 });
  });

  it('is not ready while the platform’s set is unknown', () => {
    const { view, put } = watchedView();
    put(new Publisher().apply([role('reader', 'model:a/*')]));
    put([[headKey('platform'), new Publisher('platform').head({ revision: 1, documentCount: 3 })]]);
    expect(view.snapshot('acme')).toBeUndefined();
  });
});

describe('memory', () => {
  it('holds one version of each document, and none of a deleted one, once the head is verified', () => {
    const { view, put } = watchedView();
    const publisher = new Publisher();
    for (let i = 0; i < 50; i += 1) put(publisher.apply([role('reader', `model:a${i}/*`), role('other', 'model:c/*')]));
    expect(view.versionsHeld).toBe(2);
    put(publisher.apply([], ['Role/other']));
    expect(view.versionsHeld).toBe(1);
  });

  it('does not grow when superseded versions are published again, nor does the set change', () => {
    const { view, put } = watchedView();
    const publisher = new Publisher();
    const records = [1, 2, 3].flatMap((n) => publisher.apply([role('reader', `model:a${n}/*`)]));
    put(records);
    const last = records.at(-1) ?? ['', null];
    put([...records.filter(([key]) => key !== HEAD), last]);
    expect(reachOf(view)).toBe('model:a3/*');
    expect(view.versionsHeld).toBe(1);
  });

  it('outlives the tombstones of superseded versions', () => {
    const { view, put } = watchedView();
    const publisher = new Publisher();
    put([...publisher.apply([role('reader', 'model:a/*')]), ...publisher.apply([role('reader', 'model:b/*')])]);
    put([[documentKey('acme', 'Role', 'reader', 1), null]]);
    expect(reachOf(view)).toBe('model:b/*');
  });
});

it('is the same after a snapshot, the last good set of a bad head included', () => {
  const { view, put } = watchedView();
  const publisher = new Publisher();
  put(publisher.apply([role('reader', 'model:a/*')]));
  put(new Publisher('globex').apply([role('reader', 'model:g/*', 'globex')]));
  const [, head] = publisher.apply([role('reader', 'model:b/*')]);
  put([head ?? ['', null]]);
  view.places.set(HEAD, { offset: 7n, generation: 1, epoch: 2, position: 3 }, false);

  const { view: restored } = watchedView();
  restored.import(view.export());
  expect(reachOf(restored)).toBe('model:a/*');
  expect(reachOf(restored, 'globex')).toBe('model:g/*');
  expect(restored.alarms()).toEqual(view.alarms());
  expect(restored.places.get(HEAD)).toEqual(view.places.get(HEAD));
});

it('stops at a key of no known form', () => {
  expect(() => new PolicyView().apply('acme', Buffer.from('{}'))).toThrow('no known form');
});
