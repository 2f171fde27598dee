import { listOf } from '#libs/openapi';
import { z } from 'zod';

/** A key that tokens of our own are signed with; its private part is never shown. */
export const ShownSigningKey = z
  .strictObject({
    object: z.literal('signing_key'),
    id: z.string(),
    algorithm: z.literal('ES256'),
    status: z.string(),
    created_at: z.iso.datetime(),
    signs_from: z.iso.datetime(),
    published_until: z.iso.datetime().nullable(),
  })
  .meta({ id: 'SigningKey' });

const keys = listOf(ShownSigningKey);
const Rotated = z.strictObject({ ...keys.shape, propagation: z.enum(['published', 'pending']) });

export const listAnswers = { 200: keys };
export const rotationAnswers = { 200: Rotated, 202: Rotated };
