import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseKeyText } from '#libs/access';
import { fromSourceArgv } from '#libs/spool';
import { freshDatabase } from '#libs/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('bootstrap.ts', import.meta.url));
const BOOT_MS = 60_000;
const key = () => randomBytes(32).toString('base64');
const settings = {
  GATEHOUSE_PEPPER: `1:${key()}`,
  GATEHOUSE_BUS_KEY: key(),
  GATEHOUSE_SEAL_KEY: key(),
  DATABASE_URL: '',
};

async function bootstrap(...args: string[]) {
  const child = spawn(process.execPath, [...fromSourceArgv(), ENTRY, ...args], { env: settings, timeout: BOOT_MS });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, out, err };
}

beforeAll(async () => {
  settings.DATABASE_URL = await freshDatabase();
});

describe('the command that makes the operator', () => {
  it('prints one key in all, however many start on an empty database at once', async () => {
    const ended = await Promise.all([bootstrap(), bootstrap()]);
    const made = ended.filter(({ status }) => status === 0);
    const refused = ended.filter(({ status }) => status === 1);
    expect([made.length, refused.length]).toEqual([1, 1]);
    expect(parseKeyText((JSON.parse(made[0]?.out ?? '') as { api_key: string }).api_key)?.kind).toBe('svc');
    expect([refused[0]?.out, refused[0]?.err]).toEqual(['', expect.stringContaining('operator/exists')]);
  }, 120_000);

  it('prints another one with --replace', async () => {
    const { status, out } = await bootstrap('--replace');
    expect(status).toBe(0);
    expect(parseKeyText((JSON.parse(out) as { api_key: string }).api_key)?.kind).toBe('svc');
  }, 120_000);
});
