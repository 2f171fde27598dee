import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomically } from '../process/write-file-atomically.js';

const BYTES = 32;
const Secret = z.base64().refine((text) => Buffer.from(text, 'base64').length === BYTES, `not ${BYTES} bytes`);

/** What a local stack keeps secret, each 32 random bytes in base64, made once, and each for one purpose. */
export const Secrets = z.object({
  /** Under the MACs of keys. */
  pepper: Secret,
  /** Under the MACs of state records on the bus. */
  bus_key: Secret,
  /** Wrap the keys of sealed personal data, each service's own. */
  seal_key_identity: Secret,
  seal_key_policy: Secret,
  seal_key_audit: Secret,
  /** Seals the private keys that identity signs tokens with. */
  signing_key: Secret,
  /** The signing key of audit's checkpoints is made of it. */
  checkpoint_key: Secret,
  /** Wraps upstream credentials. */
  master_key: Secret,
  postgres_password: Secret,
  clickhouse_password: Secret,
});
export type Secrets = z.output<typeof Secrets>;

/** Reads them from `file` (0600), or makes the missing ones. One that is there and damaged is an error, never replaced. */
export function loadSecrets(file: string): Secrets {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  const missing = Object.keys(Secrets.shape).filter((name) => !(name in kept));
  for (const name of missing) kept[name] = randomBytes(BYTES).toString('base64');
  const secrets = Secrets.safeParse(kept);
  if (!secrets.success) throw new Error(`${file} is damaged:\n${z.prettifyError(secrets.error)}`);
  if (missing.length > 0) writeFileAtomically(file, `${JSON.stringify(secrets.data, undefined, 2)}\n`);
  return secrets.data;
}
