import { z } from 'zod';
import { listOf } from '../documents/lists.js';
import { didYouMean } from '../matching/nearest.js';
import { PLACEHOLDER } from '../prompts/placeholder.js';
import { defineKind } from './kind.js';

const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/);
const Variable = z.strictObject({
  type: z.enum(['string', 'number', 'boolean']),
  maxLength: z.int().min(1).max(100_000).optional(),
  required: z.boolean().optional(),
});
const Message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.string().min(1).max(100_000),
});

/** A prompt template with variables. */
export const Prompt = defineKind({
  kind: 'Prompt',
  plural: 'prompts',
  sentence: 'A prompt template with variables.',
  applyAction: 'prompt:edit',
  tagged: true,
  spec: z.strictObject({ variables: z.record(VariableName, Variable).optional(), messages: listOf(Message, 100) }),
  lint({ spec }, _context, report) {
    const declared = Object.keys(spec.variables ?? {});
    for (const [n, { content }] of spec.messages.entries()) {
      for (const [, name = ''] of content.matchAll(PLACEHOLDER)) {
        if (declared.includes(name)) continue;
        const message = `The variable "${name}" is not declared.`;
        const suggestion = didYouMean(name, declared) ?? `Add spec.variables.${name}.`;
        report({ path: ['spec', 'messages', n, 'content'], rule: 'unknown-variable', message, suggestion });
      }
    }
  },
});
