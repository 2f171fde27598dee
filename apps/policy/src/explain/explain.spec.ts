import { expect, it } from 'vitest';
import { present } from '../who-can/present.fixture.js';
import { ExplainController } from './explain.controller.js';

function explain(subject: string, resource: string) {
  const { access, scope, identity, policy, clock, caller } = present();
  const body = { subject, action: 'model:invoke', resource, operation: 'chat', metadata: {} } as const;
  return new ExplainController(access, scope, identity, policy, clock).explain(caller, body);
}

it('gives the decision, what decided, and the revisions that it rests on', () => {
  expect(explain('user:dev@acme.example', 'model:main/staging')).toMatchObject({
    object: 'explanation',
    principal: 'user_a',
    decision: 'allow',
    reason: 'granted',
    near_misses: [],
    policy_revision: 7,
    platform_revision: 2,
  });
});

it('says what nearly allowed, the nearest first, and why it did not', () => {
  const { decision, near_misses } = explain('user:dev@acme.example', 'model:main/live');
  expect(decision).toBe('deny');
  expect(near_misses.map(({ because }) => because).join(' ')).toContain('resource.tags.env does not meet "in"');
  expect(near_misses.length).toBeLessThanOrEqual(3);
});

it('answers for nobody who is not of the tenant', () => {
  expect(() => explain('user:gil@globex.example', 'model:main/live')).toThrow('not found');
});
