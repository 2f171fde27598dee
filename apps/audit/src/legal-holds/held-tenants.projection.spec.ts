import { LegalHoldReleased, LegalHoldSet, type LegalHoldEvent } from '#libs/contracts';
import { expect, it } from 'vitest';
import { afterHoldEvent, noHolds, type HeldTenants } from './held-tenants.projection.js';

const recordedAt = '2026-11-28T09:00:00.000Z';
const said = (tenantId: string) => ({ tenantId, at: recordedAt, author: 'va_operator' });
const reason = { subjectId: 'va_operator', box: 'b' };
const set = (tenantId: string) => LegalHoldSet.of({ ...said(tenantId), reason });
const fold = (events: readonly LegalHoldEvent[], from: HeldTenants = noHolds) =>
  events.reduce(
    (held, event, n) => afterHoldEvent(held, event, { recordedAt, streamVersion: 1, position: n + 1 }),
    from,
  );
const events = [set('acme'), set('globex'), LegalHoldReleased.of(said('acme'))];

it('holds whoever was held last, and nobody who was released', () => {
  expect([...fold(events).holds.keys()]).toEqual(['globex']);
  expect(fold(events).holds.get('globex')).toEqual({ ...said('globex'), since: recordedAt, reason, version: 1 });
});

it('goes on from when it was first set when somebody gives another reason', () => {
  const later = { ...said('acme'), at: '2026-11-29T09:00:00.000Z', reason: { ...reason, box: 'c' } };
  const held = fold([set('acme'), LegalHoldSet.of(later)]);
  expect(held.holds.get('acme')).toMatchObject({ ...later, since: recordedAt });
  const released = fold([set('acme'), LegalHoldReleased.of(said('acme')), LegalHoldSet.of(later)]);
  expect(released.holds.get('acme')).toMatchObject({ since: later.at });
});

it('is the same when events are told twice: an old hold is not set anew', () => {
  expect(fold(events, fold(events))).toEqual(fold(events));
});
