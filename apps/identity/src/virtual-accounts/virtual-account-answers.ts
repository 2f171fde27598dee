import { Labels } from '#libs/contracts';
import { z } from 'zod';
import { ShownSchedule } from '../rotations/rotation-body.js';

/** A virtual account as the API shows one. */
export const ShownVirtualAccount = z
  .strictObject({
    object: z.literal('virtual_account'),
    id: z.string(),
    name: z.string(),
    /** Name of the team that owns it. */
    team: z.string().nullable(),
    /** No team owns it: nobody looks after it. */
    ownerless: z.boolean(),
    labels: Labels,
    created_by: z.string(),
    status: z.enum(['active', 'suspended', 'deleted']),
    created_at: z.iso.datetime(),
    /** By which all of its keys rotate by themselves. */
    rotation: ShownSchedule.nullable(),
  })
  .meta({ id: 'VirtualAccount' });
