import { z } from 'zod';
import { listOf } from '../documents/lists.js';
import { Pairs } from '../documents/names.js';
import { defineKind } from './kind.js';

const Seconds = z.int().min(1).max(315_360_000);

const Rule = z.strictObject({
  when: z.strictObject({ kinds: listOf(z.enum(['pat', 'vak', 'svc'])).optional(), labels: Pairs.optional() }),
  maxAgeSeconds: Seconds.optional(),
  idleExpirySeconds: Seconds.optional(),
  rotateEverySeconds: Seconds.optional(),
  rotationOverdue: z.enum(['warn', 'refuse']).optional(),
});

/** How old and how idle keys may get. Identity holds to it at mint, the gateway afterwards. */
export const KeyPolicy = defineKind({
  kind: 'KeyPolicy',
  plural: 'key-policies',
  sentence: 'How old and how idle keys may get.',
  applyAction: 'policy:apply',
  spec: z.strictObject({ rules: listOf(Rule) }),
});
