import { coherent, databaseUrl, egressAllow, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { z } from 'zod';

const schema = z
  .object({
    ...serviceSettings,
    DATABASE_URL: databaseUrl,
    /** Wraps the per-subject keys of policy's events; no other service has it. */
    GATEHOUSE_SEAL_KEY: secretKey,
    /** Seals upstream credentials; gateways open them with it. */
    GATEHOUSE_MASTER_KEY: secretKey,
    /** As gateways have it: upstreams at private addresses may be written down only where they may be called. */
    GATEHOUSE_EGRESS_ALLOW: egressAllow,
  })
  .superRefine(coherent);
export type PolicyConfig = z.output<typeof schema>;

export const readPolicyConfig = (): PolicyConfig => readConfigOrExit(schema, process.env);
