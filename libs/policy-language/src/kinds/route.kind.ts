import { z } from 'zod';
import { listOf, Texts } from '../documents/lists.js';
import { ModelName } from '../documents/names.js';
import { WhenMetadata } from '../documents/values-by-key.js';
import { lintModelGlobs } from '../lint/model.rules.js';
import { lintSubjects } from '../lint/subject.rules.js';
import { defineKind } from './kind.js';

const Status = z.union([z.int().min(400).max(599), z.enum(['4xx', '5xx', 'timeout', 'connect'])], {
  error: 'Expected a status such as 429, or 4xx, 5xx, timeout, connect.',
});

const Milliseconds = z.int().min(1).max(3_600_000);

const Target = z.strictObject({
  model: ModelName,
  priority: z.int().min(0).max(1_000).optional(),
  weight: z.int().min(1).max(1_000_000).optional(),
  /** After which failures the next target is called; a model that is listed twice in a row is tried again. */
  fallbackOn: listOf(Status).optional(),
  /** Ms from the attempt's start to the first byte of content. */
  firstTokenTimeoutMs: Milliseconds.optional(),
  /** Ms from the attempt's start to its last byte. */
  attemptTimeoutMs: Milliseconds.optional(),
});

/** A virtual model, or one that stands in front of a real one. Each target is authorised on its own. */
export const Route = defineKind({
  kind: 'Route',
  plural: 'routes',
  sentence: 'A model name that leads to one of several models.',
  applyAction: 'route:deploy',
  tagged: true,
  spec: z.strictObject({
    /** What callers ask for: a name of its own, or a real model's. */
    model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,190}$/, 'A model name, or a name of its own.'),
    when: z.strictObject({ subjects: Texts.optional(), metadata: WhenMetadata.optional() }).optional(),
    strategy: z.enum(['priority', 'weight', 'latency']),
    targets: listOf(Target, 32),
    /** What a caller gets who may not use the target. */
    onDenied: z.union([z.enum(['refuse', 'next']), z.strictObject({ redirect: ModelName })]).optional(),
    sticky: z
      .strictObject({ by: listOf(z.enum(['principal', 'key', 'team'])), ttlSeconds: z.int().min(1).max(86_400) })
      .optional(),
  }),
  lint({ spec }, context, report) {
    if (spec.sticky && spec.strategy === 'latency') {
      const message = 'A route that follows latency does not keep callers to a target.';
      report({
        path: ['spec', 'sticky'],
        rule: 'sticky-latency',
        message,
        suggestion: 'Use strategy weight or priority.',
      });
    }
    if (spec.when?.subjects) lintSubjects(spec.when.subjects, ['spec', 'when', 'subjects'], 'patterns', report);
    for (const [n, { model }] of spec.targets.entries()) {
      lintModelGlobs([model], (_) => ['spec', 'targets', n, 'model'], context, report);
    }
    if (typeof spec.onDenied === 'object') {
      lintModelGlobs([spec.onDenied.redirect], (_) => ['spec', 'onDenied', 'redirect'], context, report);
    }
  },
});
