import { resolve } from 'node:path';
import { z } from 'zod';

const Settings = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  dataDirectory: z.string().min(1),
  user: z.string().min(1),
  /** Empty: whoever reaches the loopback address may query, as with the server's own default user. */
  password: z.string(),
  /** Longest a statement may run; there is no other way to stop one. */
  executionSecondsMax: z.coerce.number().int().min(1),
  memoryBytesMax: z.coerce.number().int().min(1),
});
export type FrontConfig = z.output<typeof Settings>;

/** Port and data directory from the arguments (`main.js <port> <directory>`) or the environment; exits 78 if wrong. */
export function readConfig(): FrontConfig {
  const env = process.env;
  const read = Settings.safeParse({
    port: process.argv[2] ?? env.CLICKHOUSE_FRONT_PORT ?? 8123,
    dataDirectory: resolve(process.argv[3] ?? env.CLICKHOUSE_FRONT_DATA ?? '.gatehouse/clickhouse'),
    user: env.CLICKHOUSE_FRONT_USER ?? 'default',
    password: env.CLICKHOUSE_FRONT_PASSWORD ?? '',
    executionSecondsMax: env.CLICKHOUSE_FRONT_EXECUTION_SECONDS ?? 120,
    memoryBytesMax: env.CLICKHOUSE_FRONT_MEMORY_BYTES ?? 4 * 1024 ** 3,
  });
  if (read.success) return read.data;
  process.stderr.write(`${z.prettifyError(read.error)}\n`);
  process.exit(78);
}
