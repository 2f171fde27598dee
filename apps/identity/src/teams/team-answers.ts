import { z } from 'zod';

/** A team as the API shows one. */
export const ShownTeam = z
  .strictObject({
    object: z.literal('team'),
    id: z.string(),
    name: z.string(),
    member_count: z.int(),
    /** Who adds and removes members, by id. */
    managers: z.array(z.string()),
    /** `suspended`: every credential of the accounts that it owns is refused. */
    status: z.enum(['active', 'suspended']),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Team' });

export const TeamDeleted = z.strictObject({ object: z.literal('team'), id: z.string(), deleted: z.literal(true) });

/** A member by its id: `user_…` or `va_…`. */
export const ShownMember = z.strictObject({ object: z.literal('team_member'), id: z.string() });

/** A manager that came or went. */
export const ManagerOfTeam = z.strictObject({ object: z.literal('team_manager'), id: z.string(), team: z.string() });

/** A member that came or went, with the team's name. */
export const MemberOfTeam = ShownMember.extend({ team: z.string() });
