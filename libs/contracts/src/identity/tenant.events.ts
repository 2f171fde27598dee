import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Labels, Slug } from '../names.js';
import { Sealed } from '../sealed.js';

/** A tenant's id is its slug; it never changes. Stream `identity.tenant-<tenantId>`. */
const Tenant = z.object({ tenantId: Slug, at: z.iso.datetime() });
const WithReason = Tenant.extend({ reason: Sealed.optional() });

export const TenantCreated = defineEvent('identity.tenant.created', Tenant.extend({ displayName: z.string() }));
/** What is said of every call of the tenant's, whoever makes it. */
export const TenantLabelled = defineEvent('identity.tenant.labelled', Tenant.extend({ labels: Labels }));
export const TenantSuspended = defineEvent('identity.tenant.suspended', WithReason);
export const TenantResumed = defineEvent('identity.tenant.resumed', WithReason);
export const TenantDeleted = defineEvent('identity.tenant.deleted', WithReason);

export const tenantEvents = [TenantCreated, TenantLabelled, TenantSuspended, TenantResumed, TenantDeleted] as const;
export type TenantEvent = ReturnType<(typeof tenantEvents)[number]['of']>;
