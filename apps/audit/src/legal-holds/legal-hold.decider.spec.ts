import { LegalHoldReleased, LegalHoldSet } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { legalHoldDecider, type ReleaseLegalHold, type SetLegalHold } from './legal-hold.decider.js';

const given = specFor(legalHoldDecider);
const said = { tenantId: 'acme', at: '2026-11-28T09:00:00.000Z', author: 'va_operator' };
const reason = { subjectId: 'va_operator', box: 'one' };
const held = LegalHoldSet.of({ ...said, reason });
const released = LegalHoldReleased.of(said);
const hold: SetLegalHold = { type: 'SetLegalHold', ...said, reason };
const release: ReleaseLegalHold = { type: 'ReleaseLegalHold', ...said };

it('a hold says who set it, and why', () => given().when(hold).expect(held));

it('the same hold again changes nothing, another reason is a new one', () => {
  given(held).when(hold).expect();
  const other = { ...reason, box: 'two' };
  given(held)
    .when({ ...hold, reason: other })
    .expect(LegalHoldSet.of({ ...said, reason: other }));
});

it('is released once, and may be set again', () => {
  given(held).when(release).expect(released);
  given(held, released).when(release).expectRefusal('legal-hold/not-found');
  given().when(release).expectRefusal('legal-hold/not-found');
  given(held, released).when(hold).expect(held);
});

it('holds nothing any longer once it is released', () => {
  const { evolve, initialState } = legalHoldDecider;
  expect([held, released].reduce(evolve, initialState())).toEqual(initialState());
});
