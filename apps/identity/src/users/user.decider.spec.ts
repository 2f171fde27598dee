import { UserDeactivated, UserLabelled, UserRegistered, UserSuspended } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { principalOfUser } from './principal-of-user.projection.js';
import { userDecider } from './user.decider.js';

const given = specFor(userDecider);
const user = { userId: 'user_1', tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const email = { subjectId: 'user_1', box: 'sealed' };
const registered = UserRegistered.of({ ...user, email, labels: { clearance: 'low' } });
const deactivated = UserDeactivated.of(user);

describe('a user', () => {
  it('is suspended', () =>
    given(registered)
      .when({ type: 'SuspendUser', ...user })
      .expect(UserSuspended.of(user)));
  it('is deactivated for good', () =>
    given(registered, deactivated)
      .when({ type: 'ResumeUser', ...user })
      .expectRefusal('user/not-found'));
  it('is labelled only when a label changes', () =>
    given(registered)
      .when({ type: 'LabelUser', ...user, labels: { clearance: 'low' } })
      .expect());
  it('is labelled', () =>
    given(registered)
      .when({ type: 'LabelUser', ...user, labels: {} })
      .expect(UserLabelled.of({ ...user, labels: {} })));
  it('is required to be there and active, which changes nothing', () => {
    const required = { type: 'RequireActiveUser' as const, ...user };
    given(registered).when(required).expect();
    given(registered, UserSuspended.of(user)).when(required).expectRefusal('user/suspended');
    given(registered, deactivated).when(required).expectRefusal('user/not-found');
  });
  it('of another tenant is as missing', () =>
    given(registered)
      .when({ type: 'DeactivateUser', ...user, tenantId: 'evil' })
      .expectRefusal('user/not-found'));
});

it('ends every credential of before when a user is deactivated', () => {
  const open = () => 'Ada@Acme.example';
  const before = principalOfUser.project('principal/user_1', undefined, registered, open);
  const after = principalOfUser.project('principal/user_1', before, deactivated, open);
  expect(before).toMatchObject({ status: 'active', epoch: 1, email: 'ada@acme.example' });
  expect(after).toMatchObject({ status: 'deleted', epoch: 2, email: null });
});
