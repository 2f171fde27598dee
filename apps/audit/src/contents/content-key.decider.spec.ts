import { ContentKeyCreated, ContentKeyDeleted, type ContentKeyEvent } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { contentKeyDecider } from './content-key.decider.js';
import { contentKeyState } from './content-key-state.projection.js';
import { afterKeyEvent, currentKey, noKeys, type KeyRing } from './key-ring.projection.js';

const at = '2026-11-28T16:00:00.000Z';
const later = '2026-11-28T17:00:00.000Z';
const id = (n: number) => `ck_00000000-0000-7000-8000-00000000000${n}`;
const pair = (n: number, tenantId = 'acme', when = at) => ({
  tenantId,
  keyId: id(n),
  at: when,
  publicKey: 'u'.repeat(43),
  privateKey: { subjectId: id(n), box: 'b' },
});
const created = (...of: Parameters<typeof pair>) => ContentKeyCreated.of(pair(...of));
const end = { tenantId: 'acme', keyId: id(1), at: later, cause: 'asked' as const };
const deletes = (tenantId = 'acme') => ({ type: 'DeleteContentKey' as const, ...end, tenantId });

describe('a pair of keys', () => {
  const given = specFor(contentKeyDecider);

  it('is made once', () => {
    given()
      .when({ type: 'CreateContentKey', ...pair(1) })
      .expect(created(1));
    given(created(1))
      .when({ type: 'CreateContentKey', ...pair(1) })
      .expectRefusal('content-key/id-taken');
  });

  it('is deleted once; deleting it again changes nothing', () => {
    given(created(1)).when(deletes()).expect(ContentKeyDeleted.of(end));
    given(created(1), ContentKeyDeleted.of(end)).when(deletes()).expect();
  });

  it('of another tenant is as one that is not there', () => {
    given().when(deletes()).expectRefusal('content-key/not-found');
    given(created(1)).when(deletes('globex')).expectRefusal('content-key/not-found');
  });
});

describe('what gateways write with', () => {
  const record = (held: ReturnType<typeof contentKeyState.project>, event: ContentKeyEvent) =>
    contentKeyState.project('acme', held, event, () => undefined);
  const { publicKey } = pair(1);

  it('is the newest public key, with nothing of the private one', () => {
    const first = record(undefined, created(1));
    expect(first).toEqual({ tenantId: 'acme', keyId: id(1), publicKey });
    expect(record(first, created(2))).toEqual({ tenantId: 'acme', keyId: id(2), publicKey });
    expect(contentKeyState.keys(created(1))).toEqual(['acme']);
  });

  it('is nothing once the newest was deleted, and stays when a former one was', () => {
    const second = record(record(undefined, created(1)), created(2));
    expect(record(second, ContentKeyDeleted.of(end))).toEqual(second);
    expect(record(second, ContentKeyDeleted.of({ ...end, keyId: id(2) }))).toBeUndefined();
  });
});

describe('the keys that are there', () => {
  const fold = (events: readonly ContentKeyEvent[], from: KeyRing = noKeys) =>
    events.reduce((ring, event, n) => afterKeyEvent(ring, event, n + 1), from);
  const events = [created(1), created(2, 'acme', later), created(3, 'globex')];

  it('are known by tenant: the newest is current, the one before it is since then not', () => {
    const ring = fold(events);
    expect([currentKey(ring, 'acme')?.keyId, currentKey(ring, 'globex')?.keyId]).toEqual([id(2), id(3)]);
    expect(ring.keys.get(id(1))).toMatchObject({ supersededAt: later });
  });

  it('without the current one have none to write with: a former one is not taken up again', () => {
    const ring = fold([...events, ContentKeyDeleted.of({ ...end, keyId: id(2) })]);
    expect(currentKey(ring, 'acme')).toBeUndefined();
    expect(ring.keys.has(id(1))).toBe(true);
  });

  it('are the same when events are told twice', () => {
    const ring = fold([...events, ContentKeyDeleted.of(end)]);
    expect(fold([...events, ContentKeyDeleted.of(end)], ring)).toEqual(ring);
  });
});
