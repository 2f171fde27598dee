import {
  TeamCreated,
  TeamDeleted,
  TeamMemberAdded,
  TeamResumed,
  TeamSuspended,
  type PrincipalRecord,
  type TeamRecord,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { principalTeams } from './principal-teams.projection.js';
import { teamState } from './team-state.projection.js';
import { teamDecider } from './team.decider.js';

const given = specFor(teamDecider);
const team = { teamId: 'team_1', tenantId: 'acme', at: '2026-11-23T09:00:00.000Z' };
const created = TeamCreated.of({ ...team, name: 'ds' });
const added = TeamMemberAdded.of({ ...team, name: 'ds', principalId: 'user_1' });
const suspended = TeamSuspended.of({ ...team, name: 'ds' });
const resumed = TeamResumed.of({ ...team, name: 'ds' });
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
  it('is suspended and resumed, each once, and neither once it is deleted', () => {
    const suspend = { type: 'SuspendTeam' as const, ...team };
    const resume = { type: 'ResumeTeam' as const, ...team };
    given(created).when(suspend).expect(suspended);
    given(created, suspended).when(suspend).expect();
    given(created, suspended).when(resume).expect(resumed);
    given(created).when(resume).expect();
    for (const step of [suspend, resume]) given(created, deleted).when(step).expectRefusal('team/not-found');
  });
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

it('has a record once it was stopped, which whoever has its name next takes over', () => {
  const fold = (
    held: TeamRecord | undefined,
    ...events: (typeof created | typeof deleted | typeof suspended | typeof resumed)[]
  ) => events.reduce((record, event) => teamState.project('team/acme/ds', record, event, () => undefined), held);
  const is = (status: TeamRecord['status']) => ({ id: 'acme/ds', status });
  expect(teamState.keys(suspended)).toEqual(['team/acme/ds']);
  expect(fold(undefined, created)).toBeUndefined();
  expect(fold(undefined, created, suspended)).toEqual(is('suspended'));
  expect(fold(undefined, created, suspended, resumed)).toEqual(is('active'));
  expect(fold(undefined, created, deleted)).toEqual(is('deleted'));
  expect(fold(undefined, created, deleted, created)).toEqual(is('active'));
});
