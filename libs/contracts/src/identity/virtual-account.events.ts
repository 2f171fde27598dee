import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Labels, Slug } from '../names.js';
import { Sealed } from '../sealed.js';
import { RotationSchedule } from './rotation-schedule.js';

/** Stream `identity.virtual-account-<virtualAccountId>`. It outlives the person who made it; `team` owns it. */
const Account = z.object({ virtualAccountId: z.string(), tenantId: z.string(), at: z.iso.datetime() });
const WithReason = Account.extend({ reason: Sealed.optional() });

export const VirtualAccountCreated = defineEvent(
  'identity.virtual-account.created',
  Account.extend({
    name: Slug,
    team: Slug.nullable(),
    labels: Labels,
    createdBy: z.string(),
    /** Only for the account that the operator's bootstrap makes in the tenant `platform`. */
    operator: z.boolean(),
  }),
);
export const VirtualAccountMoved = defineEvent(
  'identity.virtual-account.moved',
  Account.extend({ team: Slug.nullable() }),
);
export const VirtualAccountLabelled = defineEvent(
  'identity.virtual-account.labelled',
  Account.extend({ labels: Labels }),
);
/** All of its keys rotate by themselves from now on, those of later among them; null ends it for those that did because of it. */
export const VirtualAccountRotationScheduled = defineEvent(
  'identity.virtual-account.rotation-scheduled',
  Account.extend({ schedule: RotationSchedule.nullable() }),
);
export const VirtualAccountSuspended = defineEvent('identity.virtual-account.suspended', WithReason);
export const VirtualAccountResumed = defineEvent('identity.virtual-account.resumed', WithReason);
export const VirtualAccountDeleted = defineEvent('identity.virtual-account.deleted', WithReason);

export const virtualAccountEvents = [
  VirtualAccountCreated,
  VirtualAccountMoved,
  VirtualAccountLabelled,
  VirtualAccountRotationScheduled,
  VirtualAccountSuspended,
  VirtualAccountResumed,
  VirtualAccountDeleted,
] as const;
export type VirtualAccountEvent = ReturnType<(typeof virtualAccountEvents)[number]['of']>;
