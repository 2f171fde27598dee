// Writes .env for docker-compose.yml: every secret new, none with a default. Refuses to overwrite what exists,
// because a new pepper or master key makes every issued key and every stored credential worthless.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { out: { type: 'string', default: '.env' } } });
const key = () => randomBytes(32).toString('base64');
const password = () => randomBytes(24).toString('base64url');

const secrets = {
  POSTGRES_PASSWORD: password(),
  CLICKHOUSE_PASSWORD: password(),
  KAFKA_CLUSTER_ID: randomBytes(16).toString('base64url'),
  KAFKA_ADMIN_PASSWORD: password(),
  KAFKA_IDENTITY_PASSWORD: password(),
  KAFKA_POLICY_PASSWORD: password(),
  KAFKA_GATEWAY_PASSWORD: password(),
  KAFKA_AUDIT_PASSWORD: password(),
  GATEHOUSE_PEPPER: `1:${key()}`,
  GATEHOUSE_BUS_KEY: key(),
  GATEHOUSE_SEAL_KEY_IDENTITY: key(),
  GATEHOUSE_SEAL_KEY_POLICY: key(),
  GATEHOUSE_SEAL_KEY_AUDIT: key(),
  GATEHOUSE_CHECKPOINT_KEY: key(),
  GATEHOUSE_MASTER_KEY: key(),
  GATEHOUSE_SIGNING_KEY: key(),
};

const text = Object.entries(secrets)
  .map(([name, value]) => `${name}=${value}\n`)
  .join('');

try {
  writeFileSync(values.out, text, { mode: 0o600, flag: 'wx' });
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  console.error(
    `${values.out} exists already; keep it, or move it away first: its keys open everything stored so far.`,
  );
  process.exit(1);
}
console.log(
  `${values.out} written (0600) with ${Object.keys(secrets).length} new secrets. Keep a copy where only operators reach it.`,
);
