import { Labels, Slug } from '#libs/contracts';
import { z } from 'zod';
import { ListQuery } from '../lists/list-query.js';
import { PASSWORD_CHARS_MAX } from '../passwords/passwords.js';

/** Long enough to be found in a mailbox, short enough that nobody can plan with one. */
const LIFE_SECONDS_MIN = 60;
export const INVITATION_SECONDS_DEFAULT = 7 * 86_400;
const LIFE_SECONDS_MAX = 30 * 86_400;
/** Teams of one invitation: each is a step of the transaction that accepts it. */
const TEAMS_MAX = 20;
/** A token has 70 characters; what is longer is none. */
const TOKEN_CHARS_MAX = 128;

const displayName = z.string().min(1).max(120).optional();
const teams = z
  .array(Slug)
  .max(TEAMS_MAX)
  .refine((names) => new Set(names).size === names.length, 'each once');

export const IssueInvitationBody = z.strictObject({
  email: z.email().max(254),
  display_name: displayName,
  teams: teams.default([]),
  labels: Labels.default({}),
  expires_in_seconds: z.int().min(LIFE_SECONDS_MIN).max(LIFE_SECONDS_MAX).default(INVITATION_SECONDS_DEFAULT),
  tenant: z.string().min(1).max(63).optional(),
});
export type IssueInvitationBody = z.output<typeof IssueInvitationBody>;

export const AcceptInvitationBody = z.strictObject({
  token: z.string().min(1).max(TOKEN_CHARS_MAX),
  password: z.string().min(1).max(PASSWORD_CHARS_MAX),
  display_name: displayName,
});
export type AcceptInvitationBody = z.output<typeof AcceptInvitationBody>;

export const InvitationsQuery = ListQuery.extend({
  status: z.enum(['open', 'accepted', 'withdrawn', 'expired']).optional(),
});
export type InvitationsQuery = z.output<typeof InvitationsQuery>;
