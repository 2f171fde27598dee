import {
  VirtualAccountCreated,
  VirtualAccountDeleted,
  VirtualAccountMoved,
  VirtualAccountRotationScheduled,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { principalOfVirtualAccount } from './principal-of-virtual-account.projection.js';
import { virtualAccountDecider } from './virtual-account.decider.js';

const given = specFor(virtualAccountDecider);
const account = { virtualAccountId: 'va_1', tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const created = VirtualAccountCreated.of({
  ...account,
  name: 'etl',
  team: 'ds',
  labels: {},
  createdBy: 'user_1',
  operator: false,
});

describe('a virtual account', () => {
  it('moves to another team', () =>
    given(created)
      .when({ type: 'MoveVirtualAccount', ...account, team: 'research' })
      .expect(VirtualAccountMoved.of({ ...account, team: 'research' })));
  it('has its keys rotate by one schedule; the same again changes nothing, and none ends it', () => {
    const schedule = { everySeconds: 7_200, overlapSeconds: 60, sink: 'vault' };
    const scheduled = VirtualAccountRotationScheduled.of({ ...account, schedule });
    const ended = VirtualAccountRotationScheduled.of({ ...account, schedule: null });
    const command = { type: 'ScheduleVirtualAccountRotation' as const, ...account };
    given(created)
      .when({ ...command, schedule })
      .expect(scheduled);
    given(created, scheduled)
      .when({ ...command, schedule: { ...schedule } })
      .expect();
    given(created, scheduled)
      .when({ ...command, schedule: null })
      .expect(ended);
    given(created)
      .when({ ...command, schedule: null })
      .expect();
    given(created, VirtualAccountDeleted.of(account))
      .when({ ...command, schedule })
      .expectRefusal('virtual-account/not-found');
  });
  it('of another tenant is as missing', () =>
    given(created)
      .when({ type: 'SuspendVirtualAccount', ...account, tenantId: 'evil' })
      .expectRefusal('virtual-account/not-found'));
});

it('is owned by its team without being a member, and ends all of its keys when deleted', () => {
  const open = () => undefined;
  const before = principalOfVirtualAccount.project('principal/va_1', undefined, created, open);
  expect(before).toMatchObject({ ownerTeam: 'ds', teams: [], epoch: 1 });
  const after = principalOfVirtualAccount.project('principal/va_1', before, VirtualAccountDeleted.of(account), open);
  expect(after).toMatchObject({ status: 'deleted', epoch: 2 });
});
