import { z } from 'zod';

const Config = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  host: z.string().min(1),
});
export type SandboxConfig = z.output<typeof Config>;

/** The port comes from `--port N`, else from `PORT`; 0 lets the system choose. */
export function readConfig(args: readonly string[] = process.argv.slice(2)): SandboxConfig {
  const flag = args.indexOf('--port');
  const port = flag >= 0 ? args[flag + 1] : process.env.PORT;
  return Config.parse({ port: port ?? 8090, host: process.env.HOST ?? '127.0.0.1' });
}
