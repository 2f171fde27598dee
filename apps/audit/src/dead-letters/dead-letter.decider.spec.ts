import { DeadLetterRedriven } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { deadLetterDecider } from './dead-letter.decider.js';

const given = specFor(deadLetterDecider);
const sent = { letterId: 'audit-3', at: '2026-11-28T09:00:00.000Z', topic: 't', partition: 1, givenUpFor: 'not_json' };
const redriven = DeadLetterRedriven.of({ tenantId: 'platform', ...sent });

it('is sent again, and again', () => {
  given()
    .when({ type: 'RedriveDeadLetter', ...sent })
    .expect(redriven);
  given(redriven)
    .when({ type: 'RedriveDeadLetter', ...sent })
    .expect(redriven);
});

it('remembers how often, and when last', () => {
  const { initialState, evolve } = deadLetterDecider;
  const later = DeadLetterRedriven.of({ ...redriven.data, at: '2026-11-29T09:00:00.000Z' });
  expect([redriven, later].reduce(evolve, initialState())).toEqual({ times: 2, lastAt: '2026-11-29T09:00:00.000Z' });
});
