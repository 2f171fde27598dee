import { z } from 'zod';
import { isTimeZone } from '../documents/time-zone.js';
import { ValuesByKey } from '../documents/values-by-key.js';
import { defineKind } from './kind.js';

/** What a tenant sets for itself; at most one document of the kind is in force. */
export const TenantSettings = defineKind({
  kind: 'TenantSettings',
  plural: 'tenant-settings',
  sentence: 'What a tenant sets for itself.',
  applyAction: 'policy:apply',
  onPlatform: false,
  spec: z.strictObject({
    /** `strict`: a decision is on disk before it takes effect. */
    auditMode: z.enum(['default', 'strict']).optional(),
    /** How long decisions go on after the log lease, flagged as stale. */
    staleServeSeconds: z.int().min(0).max(86_400).optional(),
    twoPersonApply: z.boolean().optional(),
    /** Metadata that every request must carry. */
    requiredMetadata: ValuesByKey.optional(),
    cutStreamsOnRevoke: z.boolean().optional(),
    /** Else a stream goes on to its end, whatever it uses. */
    cutStreamsOnLimit: z.boolean().optional(),
    /** Prompts and answers are kept, sealed for the tenant; see docs/guides/kept-contents.md. */
    storePrompts: z.boolean().optional(),
    retentionDays: z.int().min(1).max(3_650).optional(),
    timeZone: z.string().refine(isTimeZone, 'Expected a time zone such as Europe/Berlin.').optional(),
    /** Which tags there are, and which values they may take. */
    tagSchema: ValuesByKey.optional(),
  }),
  lint(_document, context, report) {
    if (context.own('TenantSettings').size <= 1) return;
    const message = `${context.tenant} would have more than one TenantSettings document.`;
    report({ path: ['metadata', 'name'], rule: 'one-settings-document', message, suggestion: 'Keep one name for it.' });
  },
});
