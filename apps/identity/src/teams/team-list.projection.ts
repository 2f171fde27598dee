import { teamEvents, type TeamEvent } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

export type TeamRow = {
  id: string;
  tenantId: string;
  name: string;
  memberIds: readonly string[];
  /** Absent in rows of before there were managers: nobody. */
  managerIds?: readonly string[];
  /** Absent until it was suspended once: active. */
  status?: 'active' | 'suspended';
  createdAt: string;
};

export const teamList: ListProjection<TeamEvent, TeamRow> = {
  name: 'team_list_v1',
  types: teamEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.teamId, tenantId: data.tenantId }),
  project: (held, event) => {
    switch (event.type) {
      case 'identity.team.created': {
        const { teamId, tenantId, name, at } = event.data;
        return { id: teamId, tenantId, name, memberIds: [], createdAt: at };
      }
      case 'identity.team.member-added':
        return (
          held && { ...held, memberIds: [...without(held.memberIds, event.data.principalId), event.data.principalId] }
        );
      case 'identity.team.member-removed':
        return held && { ...held, memberIds: without(held.memberIds, event.data.principalId) };
      case 'identity.team.manager-added':
        return held && { ...held, managerIds: [...managersWithout(held, event.data), event.data.principalId] };
      case 'identity.team.manager-removed':
        return held && { ...held, managerIds: managersWithout(held, event.data) };
      case 'identity.team.suspended':
        return held && { ...held, status: 'suspended' };
      case 'identity.team.resumed':
        return held && { ...held, status: 'active' };
      case 'identity.team.deleted':
        return undefined;
    }
  },
};

const without = (ids: readonly string[], id: string) => ids.filter((each) => each !== id);

const managersWithout = ({ managerIds = [] }: TeamRow, { principalId }: { principalId: string }) =>
  without(managerIds, principalId);
