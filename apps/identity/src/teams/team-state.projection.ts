import { teamId, teamKey, topics, type TeamEvent, type TeamRecord } from '#libs/contracts';
import type { StateProjection } from '#libs/decider';

const status = {
  'identity.team.created': 'active',
  'identity.team.suspended': 'suspended',
  'identity.team.resumed': 'active',
  'identity.team.deleted': 'deleted',
} as const;

/** One record whose status ends, or gives back, every credential of the accounts that the team owns. */
export const teamState: StateProjection<TeamEvent, TeamRecord> = {
  topic: topics.identityState.name,
  types: Object.keys(status),
  keys: ({ data }) => [teamKey(data.tenantId, data.name)],
  project: (_key, held, event) => {
    if (!isStep(event.type)) return held;
    // Whoever has the name of a deleted team is another one; of a name that was never stopped nobody needs to know.
    if (event.type === 'identity.team.created' && !held) return undefined;
    return { id: teamId(event.data.tenantId, event.data.name), status: status[event.type] };
  },
};

const isStep = (type: string): type is keyof typeof status => Object.hasOwn(status, type);
