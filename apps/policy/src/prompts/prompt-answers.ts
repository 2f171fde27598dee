import { z } from 'zod';

/** One version of a prompt; `environment` is its tag `env`. */
export const ShownPromptVersion = z
  .strictObject({
    object: z.literal('prompt_version'),
    name: z.string(),
    tenant: z.string(),
    version: z.int(),
    revision: z.int(),
    environment: z.string().nullable(),
    /** `draft`: never in production; `promoted`: calls may pin it; `retired`: it was in production and is not kept any more. */
    state: z.enum(['draft', 'promoted', 'retired']),
    in_force: z.boolean(),
    /** Who wrote it; of a version in production who wrote its draft. */
    author: z.string(),
    /** Who put it into production; null for a draft. */
    promoter: z.string().nullable(),
    created_at: z.iso.datetime(),
    digest: z.string(),
    spec: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'PromptVersion' });

/** A prompt with values put in, ready to be sent. */
export const ShownRenderedPrompt = z
  .strictObject({
    object: z.literal('rendered_prompt'),
    name: z.string(),
    tenant: z.string(),
    version: z.int(),
    digest: z.string(),
    messages: z.array(z.strictObject({ role: z.string(), content: z.string() })),
  })
  .meta({ id: 'RenderedPrompt' });
