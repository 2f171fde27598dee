import {
  InvitationAccepted,
  InvitationExpired,
  InvitationIssued,
  InvitationWithdrawn,
  type InvitationEvent,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { invitationList, type InvitationRow } from './invitation-list.projection.js';
import { invitationDecider } from './invitation.decider.js';

const given = specFor(invitationDecider);
const named = { invitationId: 'invitation_1', tenantId: 'acme', at: '2026-11-28T09:00:00.000Z' };
const expiresAt = '2026-11-28T10:00:00.000Z';
const sealed = { subjectId: 'invitation_1', box: 'sealed-address' };
const issued = InvitationIssued.of({
  ...named,
  email: sealed,
  labels: { desk: '4b' },
  teams: [{ teamId: 'team_1', name: 'crew' }],
  inviterId: 'user_1',
  inviterTenantId: 'acme',
  token: { mac: 'mac', pepperVersion: 1 },
  expiresAt,
});
const accepted = InvitationAccepted.of({ ...named, userId: 'user_2' });
const withdrawn = InvitationWithdrawn.of(named);
const expired = InvitationExpired.of({ ...named, at: expiresAt });
const accept = { type: 'AcceptInvitation' as const, ...named, userId: 'user_2' };
const withdraw = { type: 'WithdrawInvitation' as const, ...named };
const expire = { type: 'ExpireInvitation' as const, ...named, at: expiresAt };

describe('an invitation', () => {
  it('is issued once', () => {
    given()
      .when({ type: 'IssueInvitation', ...issued.data })
      .expect(issued);
    given(issued)
      .when({ type: 'IssueInvitation', ...issued.data })
      .expectRefusal('invitation/id-taken');
  });

  it('is accepted by whoever comes first, and by nobody after', () => {
    given(issued).when(accept).expect(accepted);
    given(issued, accepted)
      .when({ ...accept, userId: 'user_3' })
      .expectRefusal('invitation/not-found');
  });

  it('is good until its last millisecond, and not for one more', () => {
    const last = '2026-11-28T09:59:59.999Z';
    given(issued)
      .when({ ...accept, at: last })
      .expect(InvitationAccepted.of({ ...accepted.data, at: last }));
    given(issued)
      .when({ ...accept, at: expiresAt })
      .expectRefusal('invitation/not-found');
  });

  it.each<[string, InvitationEvent[]]>([
    ['unknown', []],
    ['used', [issued, accepted]],
    ['withdrawn', [issued, withdrawn]],
    ['expired', [issued, expired]],
  ])('that is %s is refused as any other', (_what, events) => {
    given(...events)
      .when(accept)
      .expectRefusal('invitation/not-found');
  });

  it('of another tenant is as missing', () => {
    for (const command of [accept, withdraw, expire]) {
      given(issued)
        .when({ ...command, tenantId: 'evil' })
        .expectRefusal('invitation/not-found');
    }
  });

  it('is withdrawn once, and not any more when somebody has accepted it', () => {
    given(issued).when(withdraw).expect(withdrawn);
    given(issued, withdrawn).when(withdraw).expect();
    given(issued, expired).when(withdraw).expect();
    given(issued, accepted).when(withdraw).expectRefusal('invitation/accepted');
  });

  it('expires when its time has come, and only while it is open', () => {
    given(issued).when(expire).expect(expired);
    given(issued)
      .when({ ...expire, at: named.at })
      .expect();
    for (const end of [accepted, withdrawn, expired]) given(issued, end).when(expire).expect();
  });
});

describe('the list of invitations', () => {
  const place = { recordedAt: named.at, streamVersion: 1, position: 1 };
  const replay = (events: readonly InvitationEvent[], held?: InvitationRow) =>
    events.reduce((row, event) => invitationList.project(row, event, place, () => 'ann@acme.example'), held);

  it('shows whom an open one is for', () => {
    expect(replay([issued])).toMatchObject({
      email: 'ann@acme.example',
      teams: ['crew'],
      status: 'open',
      userId: null,
    });
  });

  it.each([
    ['accepted', accepted, 'user_2'],
    ['withdrawn', withdrawn, null],
    ['expired', expired, null],
  ] as const)('keeps nobody’s address of one that was %s', (status, end, userId) => {
    expect(replay([issued, end])).toMatchObject({ email: null, displayName: null, status, userId });
  });

  it('is the same when everything is replayed on top of it', () => {
    for (const end of [accepted, withdrawn, expired]) {
      const once = replay([issued, end]);
      expect(replay([issued, end], once)).toEqual(once);
    }
  });
});
