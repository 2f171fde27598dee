import { AddressRules, EgressGuard } from '#libs/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeySetFault } from './key-set-fault.js';
import { KeySetFetch } from './key-set-fetch.js';
import { ecKey, json, KeyServer, type Answer } from './key-server.fixture.js';

const server = new KeyServer();
const canary = new KeyServer();
const guard = new EgressGuard(AddressRules.parse('127.0.0.1'));
const fetch = new KeySetFetch(guard);
const { jwk, privateKey } = ecKey('1');

beforeAll(async () => {
  await server.open();
  await canary.open();
});
afterAll(async () => {
  await guard.close();
  await server.close();
  await canary.close();
});

const at = (uri: string) => ({ issuer: server.url, keySource: { from: 'jwks_uri', uri } as const });
const outcome = async (asked: Promise<unknown>) => {
  try {
    return await asked;
  } catch (error) {
    return error instanceof KeySetFault ? error.code : error;
  }
};
const fetched = (answer: Answer) => {
  server.answer = answer;
  return outcome(fetch.keys(at(`${server.url}/jwks`)));
};

describe('an issuer’s key set', () => {
  it('is taken, without keys for other purposes and of other kinds', async () => {
    const others = [{ ...ecKey('2').jwk, use: 'enc' }, { kty: 'EC', crv: 'secp256k1', x: 'a', y: 'b' }, { kty: 'new' }];
    expect(await fetched(json({ keys: [...others, jwk] }, 'application/jwk-set+json; charset=utf-8'))).toEqual([
      { kid: '1', algorithm: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y } },
    ]);
  });

  it('has a key without a kid only where that is the only one', async () => {
    const nameless = ecKey().jwk;
    expect(await fetched(json({ keys: [nameless] }))).toMatchObject([{ kid: null }]);
    expect(await fetched(json({ keys: [nameless, jwk] }))).toMatchObject([{ kid: '1' }]);
  });

  it.each<[string, Answer, string]>([
    ['a page', json('<html>', 'text/html'), 'jwks/content-type'],
    ['no content type', (_, to) => to.writeHead(200).end('{}'), 'jwks/content-type'],
    ['no JSON', (_, to) => to.writeHead(200, { 'content-type': 'application/json' }).end('{'), 'jwks/malformed'],
    ['another document', json({ issuer: 'x' }), 'jwks/malformed'],
    ['an array', json([jwk]), 'jwks/malformed'],
    ['an error', (_, to) => to.writeHead(500).end(), 'jwks/status'],
    ['a success of another kind', (_, to) => to.writeHead(204).end(), 'jwks/status'],
    ['1 MB', json({ keys: [jwk], pad: 'a'.repeat(1024 * 1024) }), 'jwks/too-large'],
    ['a thousand keys', json({ keys: Array.from({ length: 1_000 }, () => ({})) }), 'jwks/too-many-keys'],
    ['a shared secret', json({ keys: [jwk, { kty: 'oct', k: 'c2VjcmV0', kid: '2' }] }), 'jwks/private-key'],
    ['a private key', json({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: '1' }] }), 'jwks/private-key'],
    ['two keys with one kid', json({ keys: [jwk, ecKey('1').jwk] }), 'jwks/duplicate-kid'],
    ['a key of another algorithm', json({ keys: [{ ...jwk, alg: 'HS256' }] }), 'jwks/no-usable-key'],
    ['no key', json({ keys: [] }), 'jwks/no-usable-key'],
    ['a closed connection', (request) => request.socket.destroy(), 'jwks/unreachable'],
  ])('that is %s is none', async (_what, answer, code) => expect(await fetched(answer)).toBe(code));

  it('that is elsewhere is not followed', async () => {
    const away: Answer = (_request, response) => response.writeHead(302, { location: `${canary.url}/jwks` }).end();
    expect(await fetched(away)).toBe('jwks/redirected');
    expect(canary.asked).toEqual([]);
  });

  it('that never ends is given up', { timeout: 20_000 }, async () => {
    const trickle: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    };
    expect(await fetched(trickle)).toBe('jwks/timeout');
  });
});

describe('an address that the operator does not list', () => {
  const strict = new EgressGuard(AddressRules.parse(''));
  const refused = new KeySetFetch(strict);
  afterAll(() => strict.close());

  it.each([
    ['loopback', 'https://127.0.0.1/jwks'],
    ['private', 'https://10.0.0.1/jwks'],
    ['of the cloud’s metadata', 'https://169.254.169.254/latest/meta-data'],
    ['loopback in disguise', 'https://[::ffff:127.0.0.1]/jwks'],
    ['a name that leads to loopback', 'https://localhost/jwks'],
    ['plain http', 'http://example.com/jwks'],
    ['a file', 'file:///etc/passwd'],
    ['with a password', 'https://user:secret@example.com/jwks'],
  ])('%s is never asked', async (_what, uri) => {
    expect(await outcome(refused.keys(at(uri)))).toBe('jwks/address-refused');
    expect(canary.asked).toEqual([]);
  });
});

describe('discovery', () => {
  const discovered = () => outcome(fetch.keys({ issuer: server.url, keySource: { from: 'discovery' } }));
  const serving = (document: object): Answer => {
    return (request, response) =>
      (request.url === '/.well-known/openid-configuration' ? json(document) : json({ keys: [jwk] }))(request, response);
  };

  it('leads to the keys', async () => {
    server.answer = serving({ issuer: server.url, jwks_uri: `${server.url}/keys` });
    expect(await discovered()).toMatchObject([{ kid: '1' }]);
    expect(server.asked.slice(-2)).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('of another issuer is not believed', async () => {
    server.answer = serving({ issuer: `${server.url}/other`, jwks_uri: `${server.url}/keys` });
    expect(await discovered()).toBe('jwks/issuer-mismatch');
  });

  it('leads to no address that may not be asked', async () => {
    server.answer = serving({ issuer: server.url, jwks_uri: 'https://169.254.169.254/keys' });
    expect(await discovered()).toBe('jwks/address-refused');
  });
});
