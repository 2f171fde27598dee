import { expect, it } from 'vitest';
import { readConfig } from './local.config.js';

it('takes the ordinary ports, one gateway and the home in the checkout when nothing is said', () => {
  expect(readConfig([], {})).toMatchObject({
    home: expect.stringMatching(/\.gatehouse$/),
    gateways: 1,
    serviceEnv: {},
  });
  expect(readConfig([], { GATEHOUSE_PORT_BASE: '' }).portBase).toBeUndefined();
});

it('reads the flags and variables that replace parts and move the stack', () => {
  const environment = { GATEHOUSE_PORT_BASE: '18080', KAFKA_BROKERS: 'a:1, b:2', DATABASE_URL: 'postgres://h/d' };
  expect(readConfig(['--gateways', '2'], environment)).toMatchObject({
    portBase: 18_080,
    gateways: 2,
    kafkaBrokers: ['a:1', 'b:2'],
    databaseUrl: 'postgres://h/d',
  });
});

it('names every mistake at once', () => {
  const wrong = { GATEHOUSE_PORT_BASE: '80', CLICKHOUSE_URL: 'ftp://h' };
  expect(() => readConfig(['--gateways', '9'], wrong)).toThrow(
    /(?=[^]*GATEHOUSE_PORT_BASE)(?=[^]*CLICKHOUSE_URL)(?=[^]*--gateways)/,
  );
});

it('passes tuning on to the services, and never a secret of the surrounding shell', () => {
  const environment = { GATEHOUSE_LEASE_MS: '5', GATEHOUSE_MASTER_KEY: 'theirs', GATEHOUSE_PEPPER: '1:x', OTHER: 'y' };
  expect(readConfig([], environment).serviceEnv).toEqual({ GATEHOUSE_LEASE_MS: '5' });
});
