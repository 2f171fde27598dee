import { DomainError, defineEvent, type Decider } from '#libs/decider';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { specFor } from './spec-for.js';

const Opened = defineEvent('test.door.opened', z.object({ by: z.string() }));
type Opened = ReturnType<typeof Opened.of>;
const door: Decider<'closed' | 'open', { by: string }, Opened> = {
  initialState: () => 'closed',
  evolve: () => 'open',
  decide: ({ by }, state) => {
    if (by === 'nobody') throw new DomainError('door/nobody-there', 'Nobody cannot open a door.');
    return state === 'open' ? [] : [Opened.of({ by })];
  },
};
const given = specFor(door);
const opened = Opened.of({ by: 'ada' });

it('compares the decided events by value', () => {
  given().when({ by: 'ada' }).expect(opened);
  given(opened).when({ by: 'ada' }).expect();
  expect(() =>
    given()
      .when({ by: 'ada' })
      .expect(Opened.of({ by: 'bob' })),
  ).toThrow();
  expect(() => given().when({ by: 'ada' }).expect()).toThrow();
});

it('passes a refusal only with its own code, and an accepted command never', () => {
  given(opened).when({ by: 'nobody' }).expectRefusal('door/nobody-there');
  expect(() => given().when({ by: 'nobody' }).expectRefusal('door/other')).toThrow();
  expect(() => given().when({ by: 'ada' }).expectRefusal('door/nobody-there')).toThrow('accepted');
});
