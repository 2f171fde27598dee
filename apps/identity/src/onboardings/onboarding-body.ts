import { Labels, ONBOARDING_DOCUMENTS_MAX, PLATFORM_TENANT, Slug } from '#libs/contracts';
import { z } from 'zod';
import { IssueBody } from '../api-keys/key-bodies.js';

/** Most virtual accounts and teams of one onboarding, and most keys of each owner. */
const ACCOUNTS_MAX = 20;
const KEYS_PER_OWNER_MAX = 10;
const TEAMS_MAX = 20;
/** What policy may take before all of it is given up, s. */
const CONFIRM_SECONDS_DEFAULT = 60;
const CONFIRM_SECONDS_MAX = 600;
/** What a call may wait, s, and does unless it asks for less. */
const WAIT_SECONDS_MAX = 10;

const Keys = z
  .array(IssueBody.omit({ owner: true, tenant: true }))
  .max(KEYS_PER_OWNER_MAX)
  .default([]);

const Teams = z
  .array(Slug)
  .max(TEAMS_MAX)
  .refine((names) => new Set(names).size === names.length, 'each once');

/** Its first user, with the role `admin`. */
const Admin = z.strictObject({
  email: z.email().max(254),
  display_name: z.string().min(1).max(120).optional(),
  labels: Labels.default({}),
  /** Of `teams`. */
  teams: Teams.default([]),
  keys: Keys,
});
const Accounts = z
  .array(z.strictObject({ name: Slug, team: Slug.optional(), labels: Labels.default({}), keys: Keys }))
  .max(ACCOUNTS_MAX)
  .refine((accounts) => new Set(accounts.map(({ name }) => name)).size === accounts.length, 'each name once');

/** `POST /v1/tenants`: a name alone makes an empty tenant, `admin` and what may come with it an onboarded one. */
export const CreateBody = z
  .strictObject({
    name: Slug.refine((name) => name !== PLATFORM_TENANT, 'this name is the operator’s own'),
    display_name: z.string().min(1).max(120).optional(),
    admin: Admin.optional(),
    virtual_accounts: Accounts.optional(),
    /** Names of the teams that it begins with: what the admin joins and what accounts are owned by is one of these. */
    teams: Teams.optional(),
    /** Of this tenant: roles, bindings, limits and any other kind. In them `user:<the admin’s e-mail>` is the admin. */
    documents: z.array(z.record(z.string(), z.unknown())).max(ONBOARDING_DOCUMENTS_MAX).optional(),
    /** How long policy may take, s; then all of it is given up. */
    confirm_within_seconds: z.int().min(1).max(CONFIRM_SECONDS_MAX).optional(),
    /** How long the call itself waits for policy, s; then it answers 202, and the onboarding goes on. */
    wait_seconds: z.int().min(0).max(WAIT_SECONDS_MAX).optional(),
  })
  .superRefine(({ admin, virtual_accounts, teams, documents, confirm_within_seconds, wait_seconds }, context) => {
    if (admin) return;
    const alone = { virtual_accounts, teams, documents, confirm_within_seconds, wait_seconds };
    for (const [name, value] of Object.entries(alone)) {
      if (value !== undefined) context.addIssue({ code: 'custom', path: [name], message: 'comes with an admin' });
    }
  })
  .superRefine(({ admin, virtual_accounts: accounts = [], teams = [] }, context) => {
    const named: [path: (string | number)[], team: string | undefined][] = [
      ...(admin?.teams ?? []).map((team, n): [(string | number)[], string] => [['admin', 'teams', n], team]),
      ...accounts.map(({ team }, n): [(string | number)[], typeof team] => [['virtual_accounts', n, 'team'], team]),
    ];
    for (const [path, team] of named) {
      if (team === undefined || teams.includes(team)) continue;
      context.addIssue({ code: 'custom', path, message: 'one of `teams`' });
    }
  });
export type CreateBody = z.output<typeof CreateBody>;
/** A body that asks for more than an empty tenant. */
export type OnboardingBody = CreateBody & { readonly admin: NonNullable<CreateBody['admin']> };
export const confirmSeconds = ({ confirm_within_seconds: asked = CONFIRM_SECONDS_DEFAULT }: CreateBody) => asked;
export const waitSeconds = ({ wait_seconds: asked = WAIT_SECONDS_MAX }: CreateBody) => asked;
