import { coherent, databaseUrl, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { z } from 'zod';

const schema = z
  .object({
    ...serviceSettings,
    DATABASE_URL: databaseUrl,
    /** Wraps the per-subject keys of identity's events; no other service has it. */
    GATEHOUSE_SEAL_KEY: secretKey,
  })
  .superRefine(coherent);
export type IdentityConfig = z.output<typeof schema>;

export const readIdentityConfig = (): IdentityConfig => readConfigOrExit(schema, process.env);
