import { coherent, databaseUrl, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { z } from 'zod';

const schema = z
  .object({
    ...serviceSettings,
    /** Audit's own events and personal data; unused until there are any. */
    DATABASE_URL: databaseUrl,
    GATEHOUSE_SEAL_KEY: secretKey,
    /** `http://user:password@host:8123/<database>`; the database is `gatehouse` unless named. */
    CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }),
  })
  .superRefine(coherent);
export type AuditConfig = z.output<typeof schema>;

export const readAuditConfig = (): AuditConfig => readConfigOrExit(schema, process.env);
