import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Slug } from '../names.js';
import { Sealed } from '../sealed.js';

/** Stream `identity.team-<teamId>`. Policy documents name a team by `team:<name>`. */
const Team = z.object({ teamId: z.string(), tenantId: z.string(), name: Slug, at: z.iso.datetime() });
const Membership = Team.extend({ principalId: z.string() });

export const TeamCreated = defineEvent('identity.team.created', Team);
export const TeamMemberAdded = defineEvent('identity.team.member-added', Membership);
export const TeamMemberRemoved = defineEvent('identity.team.member-removed', Membership);
/** Names who was in it, so that each loses the membership in the same transaction. */
export const TeamDeleted = defineEvent('identity.team.deleted', Team.extend({ memberIds: z.array(z.string()) }));

/** Every credential of the accounts that it owns is dead until it goes on; its members are as they were. */
export const TeamSuspended = defineEvent('identity.team.suspended', Team.extend({ reason: Sealed.optional() }));
export const TeamResumed = defineEvent('identity.team.resumed', Team.extend({ reason: Sealed.optional() }));

/** A manager adds and removes members of this one team; being one is no membership. */
export const TeamManagerAdded = defineEvent('identity.team.manager-added', Membership);
export const TeamManagerRemoved = defineEvent('identity.team.manager-removed', Membership);

export const teamEvents = [
  TeamCreated,
  TeamMemberAdded,
  TeamMemberRemoved,
  TeamManagerAdded,
  TeamManagerRemoved,
  TeamSuspended,
  TeamResumed,
  TeamDeleted,
] as const;
export type TeamEvent = ReturnType<(typeof teamEvents)[number]['of']>;
