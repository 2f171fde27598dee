import {
  TeamCreated,
  TeamDeleted,
  TeamManagerAdded,
  TeamManagerRemoved,
  TeamMemberAdded,
  TeamMemberRemoved,
  TeamResumed,
  TeamSuspended,
  type Sealed,
  type TeamEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';

/** Bounds the event that a deletion writes, and the work of one transaction. */
export const TEAM_MEMBERS_MAX = 5_000;
export const TEAM_MANAGERS_MAX = 50;

type Named<Type extends string> = { type: Type; teamId: string; tenantId: string; at: string };
export type TeamCommand =
  | (Named<'CreateTeam'> & { name: string })
  | (Named<'AddTeamMember'> & { principalId: string })
  | (Named<'RemoveTeamMember'> & { principalId: string })
  | (Named<'AddTeamManager'> & { principalId: string })
  | (Named<'RemoveTeamManager'> & { principalId: string })
  | (Named<'SuspendTeam'> & { reason?: Sealed })
  | (Named<'ResumeTeam'> & { reason?: Sealed })
  | Named<'DeleteTeam'>;
export type TeamState = {
  status: 'absent' | 'active' | 'suspended' | 'deleted';
  tenantId: string;
  name: string;
  members: ReadonlySet<string>;
  managers: ReadonlySet<string>;
};

export const teamDecider: Decider<TeamState, TeamCommand, TeamEvent> = {
  initialState: () => ({ status: 'absent', tenantId: '', name: '', members: new Set(), managers: new Set() }),

  evolve: (state, event) => {
    switch (event.type) {
      case 'identity.team.created':
        return { ...state, status: 'active', tenantId: event.data.tenantId, name: event.data.name };
      case 'identity.team.member-added':
        return { ...state, members: new Set([...state.members, event.data.principalId]) };
      case 'identity.team.manager-added':
        return { ...state, managers: new Set([...state.managers, event.data.principalId]) };
      case 'identity.team.manager-removed':
        return { ...state, managers: new Set([...state.managers].filter((id) => id !== event.data.principalId)) };
      case 'identity.team.member-removed':
        return { ...state, members: new Set([...state.members].filter((id) => id !== event.data.principalId)) };
      case 'identity.team.suspended':
        return { ...state, status: 'suspended' };
      case 'identity.team.resumed':
        return { ...state, status: 'active' };
      case 'identity.team.deleted':
        return { ...state, status: 'deleted', members: new Set(), managers: new Set() };
    }
  },

  decide: (command, state) => {
    const { type, ...named } = command;
    if (command.type === 'CreateTeam') {
      if (state.status !== 'absent') throw new DomainError('team/id-taken', 'This team id is already in use.');
      const { type: _, ...data } = command;
      return [TeamCreated.of(data)];
    }
    const missing = state.status === 'absent' || (state.status === 'deleted' && type !== 'DeleteTeam');
    if (missing || state.tenantId !== command.tenantId) throw new DomainError('team/not-found', 'No such team.');
    const data = { ...named, name: state.name };
    switch (command.type) {
      case 'AddTeamMember':
        if (state.members.has(command.principalId)) return [];
        if (state.members.size >= TEAM_MEMBERS_MAX) {
          throw new DomainError('team/full', `A team has ${TEAM_MEMBERS_MAX} members at most.`);
        }
        return [TeamMemberAdded.of({ ...data, principalId: command.principalId })];
      case 'RemoveTeamMember':
        return state.members.has(command.principalId)
          ? [TeamMemberRemoved.of({ ...data, principalId: command.principalId })]
          : [];
      case 'AddTeamManager':
        if (state.managers.has(command.principalId)) return [];
        if (state.managers.size >= TEAM_MANAGERS_MAX) {
          throw new DomainError('team/managers-full', `A team has ${TEAM_MANAGERS_MAX} managers at most.`);
        }
        return [TeamManagerAdded.of({ ...data, principalId: command.principalId })];
      case 'RemoveTeamManager':
        return state.managers.has(command.principalId)
          ? [TeamManagerRemoved.of({ ...data, principalId: command.principalId })]
          : [];
      case 'SuspendTeam':
        return state.status === 'suspended' ? [] : [TeamSuspended.of(data)];
      case 'ResumeTeam':
        return state.status === 'active' ? [] : [TeamResumed.of(data)];
      case 'DeleteTeam':
        return state.status === 'deleted' ? [] : [TeamDeleted.of({ ...data, memberIds: [...state.members] })];
    }
  },
};
