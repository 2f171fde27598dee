import { TeamCreated, TeamDeleted, TeamMemberAdded, type PrincipalRecord } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { principalTeams } from './principal-teams.projection.js';
import { teamDecider } from './team.decider.js';

const given = specFor(teamDecider);
const team = { teamId: 'team_1', tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const created = TeamCreated.of({ ...team, name: 'ds' });
const added = TeamMemberAdded.of({ ...team, name: 'ds', principalId: 'user_1' });
const deleted = TeamDeleted.of({ ...team, name: 'ds', memberIds: ['user_1'] });

describe('a team', () => {
  it('takes a member once', () =>
    given(created, added)
      .when({ type: 'AddTeamMember', ...team, principalId: 'user_1' })
      .expect());
  it('names its members when it is deleted, so that each loses the membership', () =>
    given(created, added)
      .when({ type: 'DeleteTeam', ...team })
      .expect(deleted));
  it('of another tenant is as missing', () =>
    given(created)
      .when({ type: 'AddTeamMember', ...team, tenantId: 'evil', principalId: 'user_1' })
      .expectRefusal('team/not-found'));
});

it('writes membership into the record of the member, and takes it out again', () => {
  const held = { id: 'user_1', teams: ['a', 'z'], status: 'active' } as unknown as PrincipalRecord;
  const member = principalTeams.project('principal/user_1', held, added, () => undefined);
  expect(member?.teams).toEqual(['a', 'ds', 'z']);
  expect(principalTeams.project('principal/user_1', member, deleted, () => undefined)?.teams).toEqual(['a', 'z']);
});
