import { z } from 'zod';
import { listOf } from '../documents/lists.js';
import { Pairs } from '../documents/names.js';
import { defineKind } from './kind.js';

const Seconds = z.int().min(1).max(315_360_000);

const Rule = z.strictObject({
  /** Which keys: of these kinds, and whose owner or which themselves carry these labels; all when left out. */
  when: z.strictObject({ kinds: listOf(z.enum(['pat', 'vak', 'svc'])).optional(), labels: Pairs.optional() }),
  /** Longest life of one text, since it was issued or rotated. */
  maxAgeSeconds: Seconds.optional(),
  /** A key that nobody used for so long is refused. */
  idleExpirySeconds: Seconds.optional(),
  rotateEverySeconds: Seconds.optional(),
  rotationOverdue: z.enum(['warn', 'refuse']).optional(),
  /** A key that nobody used for so long becomes a finding. */
  staleAfterSeconds: Seconds.optional(),
  /** A key that nobody used for so long is revoked, for good. */
  revokeUnusedAfterSeconds: Seconds.optional(),
});

/** How old and how idle keys may get. Identity holds to it at mint, every guard afterwards; the strictest rule wins. */
export const KeyPolicy = defineKind({
  kind: 'KeyPolicy',
  plural: 'key-policies',
  sentence: 'How old and how idle keys may get.',
  applyAction: 'policy:apply',
  spec: z.strictObject({ rules: listOf(Rule) }),
  lint({ spec }, _context, report) {
    for (const [n, rule] of spec.rules.entries()) {
      const path = ['spec', 'rules', n];
      const { when: _, ...bounds } = rule;
      if (Object.keys(bounds).length === 0) {
        report({ path, rule: 'key-rule-without-bound', message: 'This rule bounds nothing.' });
      }
      if (rule.rotationOverdue !== undefined && rule.rotateEverySeconds === undefined) {
        const message = 'Nothing is ever overdue without rotateEverySeconds.';
        report({ path: [...path, 'rotationOverdue'], rule: 'key-rule-without-rotation', message });
      }
      const { staleAfterSeconds, revokeUnusedAfterSeconds } = rule;
      if (staleAfterSeconds !== undefined && (revokeUnusedAfterSeconds ?? Infinity) <= staleAfterSeconds) {
        const message = 'It would be revoked before anybody is told that it is stale.';
        report({ path: [...path, 'revokeUnusedAfterSeconds'], rule: 'key-rule-revokes-untold', message });
      }
    }
  },
});
