import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { fromSourceArgv } from '#libs/spool';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
/** The settings alone: what the service does first, without the seconds that loading the rest takes. */
const SETTINGS = [
  '--input-type=module',
  '-e',
  `(await import('${new URL('config.ts', import.meta.url).href}')).readIdentityConfig()`,
];
/** A process that loads the whole service from its sources, on a machine that has other things to do. */
const BOOT_MS = 60_000;
const key = () => randomBytes(32).toString('base64');
const good = {
  PORT: '1',
  GATEHOUSE_REPLICA: 'identity-1',
  GATEHOUSE_DATA: 'data',
  GATEHOUSE_PUBLIC_URL: 'https://identity.example',
  GATEHOUSE_RESOURCES: 'https://gateway.example,https://identity.example',
  KAFKA_BROKERS: '127.0.0.1:1',
  DATABASE_URL: 'postgres://127.0.0.1:1/none',
  GATEHOUSE_PEPPER: `1:${key()}`,
  GATEHOUSE_BUS_KEY: key(),
  GATEHOUSE_SEAL_KEY: key(),
  GATEHOUSE_SIGNING_KEY: key(),
};
const secrets = Object.keys(good).filter((name) => /KEY|PEPPER/.test(name));

function boot(environment: Record<string, string>, entry: readonly string[] = SETTINGS) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...fromSourceArgv(), ...entry], {
    env: environment,
    encoding: 'utf8',
    timeout: BOOT_MS,
  });
  return { status, text: stdout + stderr };
}
const named = (text: string) => [...text.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name).toSorted();

describe('identity does not start', () => {
  it(
    'without its settings, and names all of them at once',
    () => {
      const { status, text } = boot({}, [MAIN]);
      expect(status).toBe(78);
      expect(named(text)).toEqual(Object.keys(good).toSorted());
    },
    BOOT_MS,
  );

  it(
    'with secrets that are empty, short or a sample, and does not print them',
    () => {
      const weak = [
        '',
        randomBytes(16).toString('base64'),
        'change-me-change-me-change-me-change-me-change',
        'AAAA'.repeat(11),
      ];
      const given = Object.fromEntries(
        secrets.map((name, i) => [name, name === 'GATEHOUSE_PEPPER' ? `1:${weak[1]}` : String(weak[i % weak.length])]),
      );
      const { status, text } = boot({ ...good, ...given });
      expect(status).toBe(78);
      expect(named(text)).toEqual(secrets.toSorted());
      for (const value of weak.filter(Boolean)) expect(text).not.toContain(value);
    },
    BOOT_MS,
  );

  it(
    'with a database that is no PostgreSQL, or a clock of its own outside of local mode',
    () => {
      const { status, text } = boot({ ...good, DATABASE_URL: 'mysql://x/y', GATEHOUSE_REPLICA: 'Not A Name' });
      expect([status, named(text)]).toEqual([78, ['DATABASE_URL', 'GATEHOUSE_REPLICA']]);
      const shifted = boot({ ...good, GATEHOUSE_CLOCK_OFFSET_SECONDS: '60' });
      expect([shifted.status, named(shifted.text)]).toEqual([78, ['GATEHOUSE_CLOCK_OFFSET_SECONDS']]);
    },
    2 * BOOT_MS,
  );
});
