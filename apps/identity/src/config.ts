import {
  coherent,
  databaseUrl,
  egressAllow,
  readConfigOrExit,
  resourceUrls,
  secretKey,
  serviceSettings,
} from '#libs/config';
import { z } from 'zod';
import { RotationSinkSettings } from './rotations/rotation-sinks.js';

const schema = z
  .object({
    ...serviceSettings,
    DATABASE_URL: databaseUrl,
    /** Wraps the per-subject keys of identity's events; no other service has it. */
    GATEHOUSE_SEAL_KEY: secretKey,
    /** Seals the private keys that tokens are signed with, and derives those of OAuth's cookies; no other service has it. */
    GATEHOUSE_SIGNING_KEY: secretKey,
    /** The services that tokens can be for; the gateway first. */
    GATEHOUSE_RESOURCES: resourceUrls,
    /** Where issuers' keys may be fetched from although it is no public address. */
    GATEHOUSE_EGRESS_ALLOW: egressAllow,
    /** Where keys that rotate by themselves are put: JSON, sinks by name. */
    GATEHOUSE_ROTATION_SINKS: RotationSinkSettings,
  })
  .superRefine(coherent);
export type IdentityConfig = z.output<typeof schema>;

export const readIdentityConfig = (): IdentityConfig => readConfigOrExit(schema, process.env);
