import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from './read-config.js';
import { coherent, serviceSettings } from './service-settings.js';

const schema = z.object(serviceSettings).superRefine(coherent);
const key = () => randomBytes(32).toString('base64');
const good = {
  PORT: '8081',
  GATEHOUSE_REPLICA: 'identity-1',
  GATEHOUSE_DATA: 'data',
  GATEHOUSE_PUBLIC_URL: 'https://identity.example/',
  KAFKA_BROKERS: 'one:9092, two:9092',
  GATEHOUSE_PEPPER: `1:${key()},2:${key()}`,
  GATEHOUSE_BUS_KEY: key(),
};
const problemsOf = (environment: Record<string, string>) => {
  try {
    readConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
  }
  return [];
};

describe('reading a configuration', () => {
  it('reads lists and numbers', () => {
    expect(readConfig(schema, good)).toMatchObject({ PORT: 8081, KAFKA_BROKERS: ['one:9092', 'two:9092'] });
  });

  it('names every problem at once', () => {
    const problems = problemsOf({ ...good, PORT: 'x', GATEHOUSE_BUS_KEY: '', KAFKA_SASL_USERNAME: 'me' });
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual(['GATEHOUSE_BUS_KEY', 'PORT']);
  });

  it('takes a public URL without the slash at its end, and refuses what is none', () => {
    expect(readConfig(schema, good)).toMatchObject({ GATEHOUSE_PUBLIC_URL: 'https://identity.example' });
    for (const wrong of ['identity', 'ftp://identity.example', 'https://identity.example/?a=b']) {
      expect(problemsOf({ ...good, GATEHOUSE_PUBLIC_URL: wrong })).toHaveLength(1);
    }
  });

  it('takes addresses and ranges for the proxies in front, and refuses what is neither', () => {
    const proxies = '10.0.0.0/8, 192.0.2.1,2001:db8::/32';
    expect(readConfig(schema, { ...good, GATEHOUSE_TRUSTED_PROXIES: proxies })).toMatchObject({
      GATEHOUSE_TRUSTED_PROXIES: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
    });
    expect(readConfig(schema, good)).toMatchObject({ GATEHOUSE_TRUSTED_PROXIES: [] });
    for (const wrong of ['ingress', '*', '10.0.0.0/33', '10.0.0.1:80']) {
      expect(problemsOf({ ...good, GATEHOUSE_TRUSTED_PROXIES: wrong })).toHaveLength(1);
    }
  });

  it('refuses a user without a password', () => {
    expect(problemsOf({ ...good, KAFKA_SASL_USERNAME: 'me' })).toEqual([
      expect.stringContaining('set both or neither'),
    ]);
  });

  it('refuses to shift the clock outside of local mode', () => {
    expect(problemsOf({ ...good, GATEHOUSE_CLOCK_OFFSET_SECONDS: '60' })).toHaveLength(1);
    expect(problemsOf({ ...good, GATEHOUSE_CLOCK_OFFSET_SECONDS: '60', GATEHOUSE_LOCAL: '1' })).toEqual([]);
  });

  it.each([
    ['a short secret', randomBytes(16).toString('base64')],
    ['a sample', 'change-me-please-change-me-please-change-me'],
    ['one byte repeated', Buffer.alloc(32, 7).toString('base64')],
    ['what is not base64', '!'.repeat(64)],
  ])('refuses %s, and does not print it', (_what, value) => {
    const problems = problemsOf({ ...good, GATEHOUSE_BUS_KEY: value });
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain(value);
  });

  it('refuses a version of the pepper that stands twice', () => {
    expect(problemsOf({ ...good, GATEHOUSE_PEPPER: `1:${key()},1:${key()}` })).toEqual([
      expect.stringContaining('twice'),
    ]);
  });
});
