import { z } from 'zod';

/** Most versions of a prompt that calls may pin: the newest ones that went to production. */
export const PROMPT_VERSIONS_KEPT_MAX = 20;

/** A version of a prompt that went to production, as the record `<tenant>/Prompt/<name>@<revision>` carries it. */
export const KeptPromptVersion = z.strictObject({
  version: z.int().min(1),
  revision: z.int().min(1),
  /** Of the document, as in its record. */
  digest: z.string(),
});
export type KeptPromptVersion = z.output<typeof KeptPromptVersion>;

/** Which version a change of a Prompt makes, and which ones calls may pin from then on, oldest first. */
export const PromptVersions = z.strictObject({
  /** From 1, without a gap, also where the prompt was deleted in between. */
  version: z.int().min(1),
  kept: z.array(KeptPromptVersion).max(PROMPT_VERSIONS_KEPT_MAX),
});
export type PromptVersions = z.output<typeof PromptVersions>;
