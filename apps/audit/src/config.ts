import { coherent, databaseUrl, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { z } from 'zod';

const schema = z
  .object({
    ...serviceSettings,
    /** Audit's own events. */
    DATABASE_URL: databaseUrl,
    GATEHOUSE_SEAL_KEY: secretKey,
    /** `http://user:password@host:8123/<database>`; the database is `gatehouse` unless named. */
    CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }),
    /** The signing key of checkpoints is made of it; no other service has it. */
    GATEHOUSE_CHECKPOINT_KEY: secretKey,
    /** Seconds between two checkpoints: so long may rows be without a signature. */
    GATEHOUSE_CHECKPOINT_SECONDS: z.coerce.number().int().min(1).max(86_400).default(3_600),
    /** Where checkpoints are also written as files; best a place where audit can add and nobody can take away. */
    GATEHOUSE_CHECKPOINT_FOLDER: z.string().min(1).optional(),
  })
  .superRefine(coherent);
export type AuditConfig = z.output<typeof schema>;

export const readAuditConfig = (): AuditConfig => readConfigOrExit(schema, process.env);
