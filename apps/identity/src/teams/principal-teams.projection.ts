import { principalKey, teamEvents, topics, type PrincipalRecord, type TeamEvent } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

/** Membership, written into each member's own record: a guard reads one record and knows the teams. */
export const principalTeams: StateProjection<TeamEvent, PrincipalRecord> = {
  topic: topics.identityState.name,
  types: teamEvents.map((event) => event.type),
  keys: (event) => {
    switch (event.type) {
      case 'identity.team.created':
      case 'identity.team.manager-added':
      case 'identity.team.manager-removed':
      case 'identity.team.suspended':
      case 'identity.team.resumed':
        return [];
      case 'identity.team.member-added':
      case 'identity.team.member-removed':
        return [principalKey(event.data.principalId)];
      case 'identity.team.deleted':
        return event.data.memberIds.map(principalKey);
    }
  },
  project: (_key, held, event) => {
    if (!held || held.status === 'deleted') return held;
    const others = held.teams.filter((name) => name !== event.data.name);
    const teams = event.type === 'identity.team.member-added' ? [...others, event.data.name].toSorted() : others;
    return { ...held, teams };
  },
};
